"""Virtual time: while a test waits for nothing but time, its event loop jumps ahead.

Under `@pytest.mark.virtual_time` the loop's clock stands still while code runs, and jumps
to the next timer once nothing else is pending. While anything real is (a socket, a
subprocess, work in a thread), real time passes, and the report of a failure names it.
"""

import asyncio
import math
import sys
import threading
import time
from asyncio.base_events import _run_until_complete_cb  # type: ignore[attr-defined]
from collections.abc import Generator, Iterator
from pathlib import PurePath
from typing import Any

import pytest

from . import body_inside, explain, selector_of

MARKER = "virtual_time"
STUCK = (
    f"{MARKER}: no timer, socket, thread or process is left that could end this wait"
)
REAL_WAITS = pytest.StashKey[dict[str, None]]()

# Those of pytest-xdist, for example: they are older than any test.
THREADS_OF_PYTEST = frozenset(threading.enumerate())
# Where a task waits for other tasks and timers, not for a thread or a driver.
PRIMITIVES = frozenset(["locks", "queues", "tasks", "taskgroups", "timeouts"])


class VirtualTime:
    """A clock for the running event loop that jumps over waits."""

    def __init__(self, real_waits: dict[str, None]) -> None:
        self._real_waits = real_waits

    def __enter__(self) -> None:
        self._loop, self._selector = selector_of(MARKER)
        self._select = self._selector.select
        self._call_at = self._loop.call_at
        self._run_in_executor = self._loop.run_in_executor
        self._in_executors: set[asyncio.Future[Any]] = set()
        self._older_threads = frozenset(threading.enumerate())
        self._older_files = frozenset(self._selector.get_map())
        self._taken: set[float] = set()
        # From a whole second on, so that sums of whole seconds are exact.
        self._now = float(math.ceil(self._loop.time()))
        self._loop.time = lambda: self._now
        self._loop.call_at = self._call_in_order
        self._loop.run_in_executor = self._count_in_executor
        self._selector.select = self._jump_or_select

    def __exit__(self, *_: object) -> None:
        ahead = self._now - time.monotonic()
        # The clock goes on from where it is: timers of wider fixtures depend on it.
        self._loop.time = lambda: time.monotonic() + ahead
        self._loop.call_at = self._call_at
        self._loop.run_in_executor = self._run_in_executor
        self._selector.select = self._select

    def _call_in_order(self, when: float, *args: Any, **kwargs: Any) -> Any:
        """Let timers that are due at the same time fire in the order of their creation."""
        while when in self._taken:
            when = math.nextafter(when, math.inf)
        self._taken.add(when)
        return self._call_at(when, *args, **kwargs)

    def _count_in_executor(self, *args: Any) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = self._run_in_executor(*args)
        self._in_executors.add(future)
        future.add_done_callback(self._in_executors.discard)
        return future

    def _jump_or_select(self, timeout: float | None = None) -> Any:
        events = self._select(0)
        if events or (timeout is not None and timeout <= 0):
            return events
        if pending := dict.fromkeys(self._pending()):
            self._real_waits.update(pending)
            began = time.monotonic()
            events = self._select(timeout)
            self._now += time.monotonic() - began
        elif timeout is not None:
            self._now = max(self._now, self._loop._scheduled[0].when())
        elif not self._cancel_run():
            events = self._select(timeout)
        return events

    def _cancel_run(self) -> bool:
        """Cancel the task that the runner waits for, since nothing else will end it."""
        for task in asyncio.all_tasks(self._loop):
            callbacks: Any = getattr(task, "_callbacks", None) or []
            if any(callback is _run_until_complete_cb for callback, _ in callbacks):
                return task.cancel(STUCK)
        return False

    def _pending(self) -> Iterator[str]:
        """Name what may wake the loop, other than its timers."""
        files = set(self._selector.get_map()) - {self._loop._ssock.fileno()}
        threads = set(threading.enumerate()) - THREADS_OF_PYTEST
        if not any(map(waits_outside_asyncio, asyncio.all_tasks(self._loop))):
            # An idle server, driver or connection, which no task waits for.
            files -= self._older_files
            threads -= self._older_threads
        for file in files:
            yield f"file descriptor {file}"
        if self._in_executors:
            yield "work in an executor"
        for thread in threads - {threading.current_thread()}:
            if not isinstance(thread, threading.Timer) and not is_idle_worker(thread):
                yield f"thread {thread.name}"


def is_idle_worker(thread: threading.Thread) -> bool:
    """Tell whether a thread of an executor waits for work."""
    frame = sys._current_frames().get(thread.ident or 0)
    module = frame.f_globals.get("__name__") if frame else None
    return module == "concurrent.futures.thread"


def waits_outside_asyncio(task: asyncio.Task[Any]) -> bool:
    """Tell whether a task waits for something that is none of asyncio's primitives."""
    waiter = getattr(task, "_fut_waiter", None)
    if waiter is None or isinstance(waiter, asyncio.Task):
        return False
    if children := getattr(waiter, "_children", None):  # of asyncio.gather
        return not all(isinstance(child, asyncio.Task) for child in children)
    code: Any = task.get_coro()
    path = PurePath()
    while frame := getattr(code, "cr_frame", None):
        path, code = PurePath(frame.f_code.co_filename), code.cr_await
    return path.parent.name != "asyncio" or path.stem not in PRIMITIVES


def pytest_configure(config: pytest.Config) -> None:
    text = f"{MARKER}: the test's event loop jumps over waits for time"
    config.addinivalue_line("markers", text)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Give the body of a marked test a clock of its own, but not its fixtures."""
    __tracebackhide__ = True
    if item.get_closest_marker(MARKER) is None:
        return (yield)
    waits = item.stash[REAL_WAITS] = {}
    with body_inside(item, MARKER, lambda: VirtualTime(waits)):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say in the report of a failure why time did not jump."""
    report = yield
    if report.failed and (waits := item.stash.get(REAL_WAITS, None)):
        text = f"Real time passed while the test waited, because of {', '.join(waits)}"
        explain(report, MARKER, text)
    return report
