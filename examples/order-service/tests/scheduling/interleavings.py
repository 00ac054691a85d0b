"""Interleavings: a test runs under many orders in which its ready tasks take turns.

`@pytest.mark.interleavings(50)` runs a test under up to 50 orders, each time with fixtures
of its own, until one fails. That order is reduced to the fewest swaps that still fail. Only
tasks are reordered: callbacks, such as those of transports, keep their order.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from linecache import getline
from pathlib import Path
from random import Random
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from . import body_inside, explain, selector_of

MARKER = "interleavings"
OPTION = "--interleaving"
MOST_REPLAYS = 100  # to reduce a failure
MOST_STEPS = 60  # in a report, the last of them
MOST_COLUMNS = 4
WIDTH = 80  # of a report; but a step has at least 36

Task = asyncio.Task[Any]
Swaps = dict[
    int, int
]  # the turn, and which of the ready tasks runs instead of the first


class Order:
    """First come, first served, except for some swaps."""

    def __init__(self, swaps: Swaps) -> None:
        self.swaps = swaps

    def choose(self, turn: int, ready: list[Task]) -> int:
        """Return which of the ready tasks runs next."""
        return min(self.swaps.get(turn, 0), len(ready) - 1)


class RandomOrder:
    """Any task at each turn or, in every other order, the one of the highest priority."""

    def __init__(self, seed: int, number: int) -> None:
        self.random = Random(f"{seed}:{number}")
        self.has_priorities = number % 2 == 0
        self.priorities: dict[Task, float] = {}

    def choose(self, _: int, ready: list[Task]) -> int:
        if not self.has_priorities:
            return self.random.randrange(len(ready))
        for task in ready:
            self.priorities.setdefault(task, self.random.random())
        first = max(ready, key=self.priorities.__getitem__)
        if self.random.random() < 0.1:
            self.priorities[first] -= 1
        return ready.index(first)


class Scheduler:
    """Lets one ready task run at each turn of the event loop."""

    def __init__(self, order: Order | RandomOrder) -> None:
        self.order = order
        self.swaps: Swaps = {}
        self.steps: list[
            tuple[str, str]
        ] = []  # the task, and the line from which it runs
        self._turn = 0
        self._held: list[Any] = []
        self._names: dict[Task, str] = {}
        self._counts: Counter[str] = Counter()

    def __enter__(self) -> None:
        self._loop, self._selector = selector_of(MARKER)
        self._select = self._selector.select
        self._selector.select = self._choose_and_select

    def __exit__(self, *_: object) -> None:
        self._selector.select = self._select
        self._loop._ready.extend(self._held)

    def _choose_and_select(self, timeout: float | None = None) -> Any:
        """Hide all ready tasks but one from the loop, until its next turn."""
        ready = self._loop._ready
        handles = [*self._held, *ready]
        self._held.clear()
        ready.clear()
        for handle in handles:
            (self._held if task_of(handle) else ready).append(handle)
        if self._held:
            tasks = [task_of(handle) for handle in self._held]
            chosen = self._choose(tasks) if len(tasks) > 1 else 0
            ready.append(self._held.pop(chosen))
            self.steps.append((self._name_of(tasks[chosen]), line_of(tasks[chosen])))
            timeout = 0
        return self._select(timeout)

    def _choose(self, tasks: list[Task]) -> int:
        chosen = self.order.choose(self._turn, tasks)
        if chosen:
            self.swaps[self._turn] = chosen
        self._turn += 1
        return chosen

    def _name_of(self, task: Task) -> str:
        """Name a task by its own name, or by its coroutine, the same in every run."""
        if task not in self._names:
            name = task.get_name()
            if name.startswith("Task-"):
                name = getattr(task.get_coro(), "__name__", name)
            self._counts[name] += 1
            count = self._counts[name]
            self._names[task] = name if count == 1 else f"{name} {count}"
        return self._names[task]


def task_of(handle: Any) -> Any:
    """Return the task of which this is the next step."""
    owner = getattr(handle._callback, "__self__", None)
    return owner if isinstance(owner, asyncio.Task) else None


def line_of(task: Task) -> str:
    """Return the innermost line of the project at which a task continues."""
    found = ""
    code: Any = task.get_coro()
    while frame := getattr(code, "cr_frame", None):
        file, number = frame.f_code.co_filename, frame.f_lineno
        if is_own(file) and "__tracebackhide__" not in frame.f_globals:
            found = f"{os.path.basename(file)}:{number} {getline(file, number).strip()}"
        code = code.cr_await
    return found


@cache
def is_own(file: str) -> bool:
    """Tell whether a file belongs to the project."""
    path = Path(file)
    return path.is_relative_to(Path.cwd()) and "site-packages" not in path.parts


def table_of(steps: list[tuple[str, str]]) -> str:
    """Show steps from top to bottom, side by side if there are few tasks."""
    shown = [step for step, _ in groupby(steps) if step[1]]
    names = list(dict.fromkeys(name for name, _ in shown))
    has_columns = len(names) <= MOST_COLUMNS
    most = max(36, WIDTH // max(len(names), 1) - 2) if has_columns else 50
    shown = [
        (name, line if len(line) <= most else f"{line[: most - 1]}…")
        for name, line in shown
    ]
    if has_columns:
        rows = [names]
        rows += [[line * (name == each) for each in names] for name, line in shown]
    else:
        rows = [[name, line] for name, line in shown]
    width = max((len(cell) for row in rows for cell in row), default=0) + 2
    lines = ["".join(cell.ljust(width) for cell in row).rstrip() for row in rows]
    return "\n".join([*lines[:1], *lines[1:][-MOST_STEPS:]])


@dataclass
class Run:
    """One run of a test, in one order."""

    scheduler: Scheduler
    reports: list[pytest.TestReport] = field(default_factory=list)

    @property
    def has_failed(self) -> bool:
        """Whether it failed, other than by passing unexpectedly."""
        texts = [str(report.longrepr) for report in self.reports if report.failed]
        return not all(text.startswith("[XPASS(strict)]") for text in texts)

    @property
    def is_skipped(self) -> bool:
        """Whether the test was skipped, or has failed as expected."""
        return any(report.skipped for report in self.reports)


RUN = pytest.StashKey[Run]()


def pytest_addoption(parser: pytest.Parser) -> None:
    text = f"run tests marked {MARKER} in this order only, as a failure names it"
    parser.addoption(OPTION, type=swaps_of, metavar="TURN:TASK,...", help=text)


def swaps_of(text: str) -> Swaps:
    """Parse swaps in the format of a report."""
    pairs = (pair.split(":") for pair in text.split(",") if pair)
    return {int(turn): int(task) for turn, task in pairs}


def pytest_configure(config: pytest.Config) -> None:
    text = f"{MARKER}(count, seed=0): run the test in up to `count` orders of its tasks"
    config.addinivalue_line("markers", text)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> bool | None:
    """Run a marked test in one order after the other, and report the last run."""
    marker = item.get_closest_marker(MARKER)
    if marker is None or not isinstance(item, pytest.Function):
        return None
    if this_run := item.stash.get(RUN, None):
        this_run.reports = runtestprotocol(item, log=False, nextitem=nextitem)
        return True
    # Every run has a timeout of its own.
    getattr(item, "cancel_timeout", lambda: None)()
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in explore(item, nextitem, *marker.args, **marker.kwargs):
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    del item.stash[RUN]
    return True


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Reorder the tasks of the test's body, but not those of its fixtures."""
    __tracebackhide__ = True
    if (this_run := item.stash.get(RUN, None)) is None:
        return (yield)
    with body_inside(item, MARKER, lambda: this_run.scheduler):
        return (yield)


def explore(
    item: pytest.Function, nextitem: pytest.Item | None, count: int, seed: int = 0
) -> list[pytest.TestReport]:
    """Return the reports of the first run that failed, made as short as possible."""
    given: Swaps | None = item.config.getoption(OPTION, None)
    if given is not None:
        return run(item, nextitem, Order(given)).reports
    number = 0
    while True:
        is_last = number == count - 1
        order = RandomOrder(seed, number) if number else Order({})
        this_run = run(item, nextitem if is_last else item.parent, order)
        if this_run.is_skipped or this_run.has_failed:
            break
        if is_last:
            return this_run.reports
        number += 1
    swaps = this_run.scheduler.swaps
    if this_run.has_failed:
        swaps = reduced(item, swaps)
    last = run(item, nextitem, Order(swaps))
    if this_run.is_skipped:
        return last.reports
    text = f"Order {number} of seed {seed} fails"
    if last.has_failed:
        this_run = last
        option = ",".join(f"{turn}:{task}" for turn, task in swaps.items())
        text += (
            f"; {len(swaps)} swaps of tasks are enough. To repeat it:\n"
            f"pytest '{item.nodeid}' {OPTION}={option}"
            if swaps
            else ": so does the usual order, without any swap of tasks."
        )
    else:
        text += (
            ", but passed when it was repeated: more than the order of tasks varies."
        )
    for report in this_run.reports:
        if report.failed:
            steps = table_of(this_run.scheduler.steps)
            explain(report, MARKER, f"{text}\n\n{steps}")
    return this_run.reports


def run(item: pytest.Function, nextitem: Any, order: Order | RandomOrder) -> Run:
    """Run a test with fixtures of its own; what `nextitem` needs stays set up."""
    this_run = item.stash[RUN] = Run(Scheduler(order))
    item._initrequest()
    item._report_sections.clear()
    item.ihook.pytest_runtest_protocol(item=item, nextitem=nextitem)
    return this_run


def reduced(item: pytest.Function, swaps: Swaps) -> Swaps:
    """Leave out as many swaps as possible while the test still fails."""
    replays, size = 0, len(swaps)
    while size:
        for start in range(0, len(swaps), size):
            turns = sorted(swaps)[start : start + size]
            fewer = {turn: swaps[turn] for turn in swaps if turn not in turns}
            replays += 1
            if replays > MOST_REPLAYS:
                return swaps
            if turns and run(item, item.parent, Order(fewer)).has_failed:
                swaps = fewer
        size //= 2
    return swaps
