"""What whole runs cost: many tests, two workers, a server of their own."""

import json
import subprocess
import time
from collections.abc import Callable
from functools import partial
from statistics import median

from measure import Figure, Limits, by_turns, run, wall
from report import Section, Target, show
from suites import HERE, Suite, Times, Workshop, has_mysql
from variants import GROWING, PARALLEL, STARTING


def growth(workshop: Workshop, limits: Limits) -> Section:
    """More tests, each of which must not cost more."""
    sizes = [limits.tests(number) for number in (100, 1_000, 10_000)]
    runs = {
        (suite.name, number, turn): partial(workshop.times, suite, number)
        for suite in GROWING
        # Small suites are over soon: run them more often.
        for number, turns in ((4, 3), (sizes[0], 5), (sizes[1], 2), (sizes[2], 1))
        for turn in range(turns)
    }
    times = by_turns(runs, limits.seconds, limits.rounds)
    text = "Empty async tests with all guards."
    head = ["suite", "tests", "collection, ms per test", "run, ms per test"]
    section = Section("Growth", text, head)

    def taken(name: str, number: int, what: Callable[[Times], float]) -> Figure:
        turns = [map(what, taken) for key, taken in times.items() if key[:2] == (name, number)]
        return Figure(tuple(map(median, zip(*turns, strict=True))))

    for suite in GROWING:
        name = suite.name
        start = taken(name, 4, lambda one: one.collection)
        whole = {}
        for number in sizes:
            collected = (taken(name, number, lambda one: one.collection) - start) / (number - 4)
            ran = taken(name, number, lambda one: one.wall)
            whole[number] = collected + ran
            section.rows.append([name, f"{number:,}", show(collected), show(ran)])
        what = f"{name}: a test of {sizes[-1]:,} against one of {sizes[0]:,}"
        ratio = whole[sizes[-1]] / whole[sizes[0]]
        section.targets.append(Target(what, ratio, 1.1, "×"))
    return section


def parallel(workshop: Workshop, limits: Limits) -> Section:
    """Two workers against one process, and what it takes to start them."""
    few, many = limits.tests(200), limits.tests(1000)
    ways = {"serial": [], "-n 2": ["-n2"]}
    commands = {
        (number, way): workshop.command(PARALLEL, number, *options, own_server=True)
        for number in (1, few, many)
        for way, options in ways.items()
    }
    suites = [suite for suite in STARTING if suite.database != "mysql" or has_mysql()]
    starts = {
        (suite.name, way): workshop.command(suite, 1, *options, own_server=True)
        for suite in suites
        for way, options in {"serial": [], "-n 1": ["-n1"], "-n 2": ["-n2"]}.items()
    }
    for command in starts.values():
        run(command)
    samples = by_turns({**commands, **starts}, limits.seconds, limits.rounds)
    figures = {key: wall(taken) for key, taken in samples.items()}
    text = (
        "Whole processes, in ms. The database tests are those of PostgreSQL above, on a server "
        "that the run starts and stops itself."
    )
    section = Section(
        "Parallel runs and start-up", text, ["run", "serial", "-n 1", "-n 2", "serial / -n 2"]
    )
    for number in (few, many):
        serial, two = figures[number, "serial"], figures[number, "-n 2"]
        columns = [f"{number} PostgreSQL tests", show(serial), "", show(two), show(serial / two)]
        section.rows.append(columns)
    for suite in suites:
        times = [figures[suite.name, way] for way in ("serial", "-n 1", "-n 2")]
        name = "no database" if suite.database == "none" else suite.name
        columns = [f"1 test, {name}", *map(show, times), show(times[0] / times[2])]
        section.rows.append(columns)
    slope = {way: (figures[many, way] - figures[1, way]) / (many - 1) for way in ways}
    start = {way: figures[1, way].median for way in ways}
    gained = (slope["serial"] - slope["-n 2"]).median
    later = start["-n 2"] - start["serial"]
    point = f"about {later / gained:.0f} tests" if gained > 0 else "not reached"
    section.text += (
        f" Two workers start {later:.0f} ms later and take {slope['-n 2'].median:.2f} instead of "
        f"{slope['serial'].median:.2f} ms per test, so the break-even point is {point}."
    )
    what = f"-n 2 against serial, {many} PostgreSQL tests"
    whole = figures[many, "serial"] / figures[many, "-n 2"]
    section.targets.append(Target(f"{what}, whole process", whole, 1.7, "×", at_least=True))
    return section


def servers(workshop: Workshop, limits: Limits) -> Section:
    """What a database server of the tests takes."""
    names = ["postgresql", *(["mysql"] if has_mysql() else [])]
    times: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    began = time.monotonic()
    while not times[names[-1]] or (
        len(times[names[-1]]) < limits.rounds and time.monotonic() - began < limits.seconds
    ):
        for name in names:
            project, python = workshop.project(Suite(name, "empty_async.py", {"database": name}))
            output = subprocess.check_output(
                [python, HERE / "server_times.py"],
                cwd=project,
                env={"PYTHONPATH": "src:."},
                stderr=subprocess.DEVNULL,
            )
            times[name].append(json.loads(output))
    parts = list(times["postgresql"][0])
    figures = {
        name: {part: Figure(tuple(taken[part] for taken in times[name])) for part in parts}
        for name in names
    }
    text = "Milliseconds; a server in memory (`/dev/shm`), with everything that our fixtures do."
    rows = [[name, *(show(figures[name][part]) for part in parts)] for name in names]
    section = Section("Servers of the tests", text, ["server", *parts], rows)
    for name in names:
        for part, limit in zip(parts, (1000, 100, 100), strict=False):
            section.targets.append(Target(f"{name}: {part}", figures[name][part], limit))
    return section
