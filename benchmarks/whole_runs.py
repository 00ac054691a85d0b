"""What whole runs cost: many tests, and a server of their own."""

import json
import subprocess
import time
from collections.abc import Callable
from functools import partial
from statistics import median

from measure import Figure, Limits, by_turns
from report import Section, Target, show
from suites import HERE, Suite, Times, Workshop, has_mysql
from variants import GROWING


def growth(workshop: Workshop, limits: Limits) -> Section:
    """More tests, each of which must not cost more."""
    sizes = [limits.tests(number) for number in (100, 1_000, 10_000)]
    runs = {
        (suite.name, number, turn): partial(workshop.times, suite, number)
        for suite in GROWING
        # Small suites are over soon: run them more often.
        for number, turns in ((4, 1), (sizes[0], 3), (sizes[1], 1), (sizes[2], 1))
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
