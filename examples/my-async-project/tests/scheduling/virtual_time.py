"""Virtual time: while a test only waits for timers, its event loop jumps ahead.

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
from types import CodeType
from typing import Any

import pytest

from . import body_inside, explain, selector_of

MARKER = "virtual_time"
STUCK = (
    f"{MARKER}: no timer, socket, thread or process is left that could end this wait"
)
SLICE = 0.02  # seconds
REAL_WAITS = pytest.StashKey[dict[str, None]]()

# Those of pytest-xdist, for example: they are older than any test.
THREADS_OF_PYTEST = frozenset(threading.enumerate())
# Where a task waits for other tasks and timers, not for a thread or a driver.
PRIMITIVES = frozenset(["locks", "queues", "tasks", "taskgroups", "timeouts"])


class VirtualTime:
    """A clock for the running event loop that jumps to the next timer."""

    def __init__(self, real_waits: dict[str, None]) -> None:
        self._real_waits = real_waits

    def __enter__(self) -> None:
        self._loop, self._selector = selector_of(MARKER)
        self._select = self._selector.select
        self._call_at = self._loop.call_at
        self._run_in_executor = self._loop.run_in_executor
        self._in_executors: set[asyncio.Future[Any]] = set()
        # What is open and what waits since before the test belongs to wider fixtures.
        self._older_threads = frozenset(threading.enumerate())
        self._older_descriptors = frozenset(self._selector.get_map())
        self._older_waits = {task: waiter_of(task) for task in self._other_tasks()}
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
            # In slices: a thread that ends its work need not wake the loop.
            events = self._select(SLICE if timeout is None else min(timeout, SLICE))
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

    def _other_tasks(self) -> set[asyncio.Task[Any]]:
        return asyncio.all_tasks(self._loop) - {asyncio.current_task(self._loop)}

    def _pending(self) -> Iterator[str]:
        """Name what may wake the loop, other than its timers."""
        descriptors = set(self._selector.get_map()) - {self._loop._ssock.fileno()}
        threads = set(threading.enumerate()) - THREADS_OF_PYTEST
        if not any(map(self._may_wait_for_older, self._other_tasks())):
            descriptors -= self._older_descriptors
            threads -= self._older_threads
        for descriptor in sorted(descriptors):
            yield f"file descriptor {descriptor}"
        if self._in_executors:
            yield "work in an executor"
        for thread in threads - {threading.current_thread()}:
            if not isinstance(thread, threading.Timer) and not is_idle_worker(thread):
                yield f"thread {thread.name}"

    def _may_wait_for_older(self, task: asyncio.Task[Any]) -> bool:
        """Tell whether a task may wait for a connection or thread of a wider fixture."""
        waiter = waiter_of(task)
        if waiter is None or waiter is self._older_waits.get(task):
            return False
        if isinstance(waiter, asyncio.Task):
            return False
        if children := getattr(waiter, "_children", None):  # of asyncio.gather
            return not all(isinstance(child, asyncio.Task) for child in children)
        codes = list(codes_of(task))
        inner = module_of_asyncio(codes[-1]) if codes else ""
        if inner == "tasks" and codes[-1].co_name == "sleep":
            return False
        if inner not in PRIMITIVES:
            return True
        # A library's own wait: httpcore, for one, waits for an event of a transport.
        callers = [code.co_filename for code in codes if not module_of_asyncio(code)]
        return bool(callers) and "site-packages" in PurePath(callers[-1]).parts


def waiter_of(task: asyncio.Task[Any]) -> object:
    """Return the future that a task waits for."""
    return getattr(task, "_fut_waiter", None)


def codes_of(task: asyncio.Task[Any]) -> Iterator[CodeType]:
    """Yield the code of the coroutines of a task, from the outermost to the innermost."""
    coroutine: Any = task.get_coro()
    while code := getattr(coroutine, "cr_code", None):
        yield code
        coroutine = coroutine.cr_await


def module_of_asyncio(code: CodeType) -> str:
    """Return the name of the module of asyncio that code is in, if it is in one."""
    file = PurePath(code.co_filename)
    return file.stem if file.parent.name == "asyncio" else ""


def is_idle_worker(thread: threading.Thread) -> bool:
    """Tell whether a thread of an executor is waiting for work."""
    frame = sys._current_frames().get(thread.ident or 0)
    module = frame.f_globals.get("__name__") if frame else None
    return module == "concurrent.futures.thread"


def pytest_configure(config: pytest.Config) -> None:
    text = f"{MARKER}: the test's event loop does not wait for timers"
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
