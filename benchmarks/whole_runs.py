"""What whole runs cost: many tests, two workers, a server of their own."""

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from statistics import median

from measure import Command, Figure, Limits, by_turns, run, wall
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
    text = (
        "Empty async tests with all guards: the median test of a process, because in 10,000 tests "
        "the machine pauses more often than in 100."
    )
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
            collected = (taken(name, number, lambda one: one.collection) - start) / max(
                number - 4, 1
            )
            ran = taken(name, number, lambda one: one.middle)
            whole[number] = collected + ran
            section.rows.append([name, f"{number:,}", show(collected), show(ran)])
        what = f"{name}: a test of {sizes[-1]:,} against one of {sizes[0]:,}"
        ratio = whole[sizes[-1]] / whole[sizes[0]]
        section.targets.append(Target(what, ratio, 1.1, "×"))
    return section


def parallel(workshop: Workshop, limits: Limits) -> Section:
    """Two workers against one process, and what it takes to start them."""
    ways = {"serial": [], "-n 2": ["-n2"]}
    many = limits.tests(1000)
    suites = [suite for suite in STARTING if suite.database != "mysql" or has_mysql()]
    counted = [*((suite, 1) for suite in suites), *((suite, many) for suite in PARALLEL)]
    commands = {
        (suite.name, number, way): workshop.command(suite, number, *options, own_server=True)
        for suite, number in counted
        for way, options in ways.items()
    }
    for suite in suites:
        for way in ways:
            run(commands[suite.name, 1, way])  # compiles what is imported
    for suite in PARALLEL:
        commands[suite.name, many, "twice"] = twice(commands[suite.name, many, "serial"])
    samples = by_turns(commands, limits.seconds, limits.rounds)
    figures = {key: wall(taken) for key, taken in samples.items()}
    head = ["run", "serial", "-n 2", "serial / -n 2", "two cores give"]
    section = Section("Parallel runs and start-up", "", head)
    for suite, number in counted:
        serial, two = (figures[suite.name, number, way] for way in ways)
        limit = ""
        if number > 1:
            limit = show((serial + serial) / figures[suite.name, number, "twice"])
        name = "no database" if suite.database == "none" else suite.name
        what = f"{number} test{'s' if number > 1 else ''}, {name}"
        section.rows.append([what, show(serial), show(two), show(serial / two), limit])
    short, long = PARALLEL
    start = {way: figures[short.name, 1, way].median for way in ways}
    slope = {way: (figures[short.name, many, way].median - start[way]) / (many - 1) for way in ways}
    later, gained = start["-n 2"] - start["serial"], slope["serial"] - slope["-n 2"]
    point = f"about {later / gained:.0f} tests" if gained > 0 else "not reached"
    section.text = (
        "Whole processes, in ms, on a server that the run starts and stops itself. What two "
        "cores give: the serial run twice at once, so without xdist, against twice in a row. "
        f"Two workers start {later:.0f} ms later and take {slope['-n 2']:.2f} instead of "
        f"{slope['serial']:.2f} ms per short test, so the break-even point is {point}."
    )
    for suite in (short, long):
        ratio = figures[suite.name, many, "serial"] / figures[suite.name, many, "-n 2"]
        what = f"-n 2 against serial, {many} tests, {suite.name}, whole process"
        section.targets.append(Target(what, ratio, 1.7, "×", at_least=True))
    return section


def twice(command: Command) -> Command:
    """Return how to run a command twice at the same time."""
    script = '"$@" & "$@" && wait $!'
    return replace(command, arguments=["sh", "-c", script, "sh", *command.arguments])


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
