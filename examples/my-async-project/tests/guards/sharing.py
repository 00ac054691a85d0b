"""Sharing: a session or a connection is used by one task at a time.

`asyncio.gather` of two statements on one AsyncSession may pass in a test, whose
connection is open already, and fail in production. Statements that a lock of the code
under test or a pool keeps apart are no sharing; nor is what a library is made for:
aiosqlite's connections and Redis clients serve many tasks.
`@pytest.mark.allow_sharing("reason")` allows it.
"""

import asyncio
import inspect
from collections.abc import Callable
from functools import wraps
from itertools import takewhile
from typing import Any
from weakref import WeakSet

import pytest

from .findings import found, is_allowed
from .internals import imported
from .locations import coroutine_of, location_of_task
from .stacks import awaited_lines, own, running_lines

__tracebackhide__ = True  # reports show who called
MARKER = "allow_sharing"
HINT = f'Give each task its own, or mark the test @pytest.mark.{MARKER}("reason")'
# Classes whose documentation says that one task at a time may use an object of them.
ONE_TASK = [
    "sqlalchemy.ext.asyncio:AsyncConnection",
    "sqlalchemy.ext.asyncio:AsyncSession",
    "asyncpg:Connection",
]
ENDS = ("close", "aclose")  # asyncpg's `close` cancels what another task runs
Task = asyncio.Task[Any]

# The task that uses an object now, by its id, and the test in which it does.
in_use: dict[int, tuple[Task, pytest.Item | None]] = {}
running: list[pytest.Item] = []
charged: WeakSet[pytest.Item] = WeakSet()
patch = pytest.MonkeyPatch()
to_watch: list[str] = []  # of ONE_TASK, what is not imported yet


def pytest_configure(config: pytest.Config) -> None:
    text = (
        f"{MARKER}(reason): tasks of the test may use one connection at the same time"
    )
    config.addinivalue_line("markers", text)
    to_watch[:] = ONE_TASK + config.getini("guard_sharing_classes")
    config.add_cleanup(patch.undo)


def watch_imported() -> None:
    for name in to_watch[:]:
        if kind := imported(name.replace(":", ".")):
            to_watch.remove(name)
            watch(kind)


def watch(kind: type[Any]) -> None:
    """Watch the public coroutine methods of a class, but those that may end its use."""
    for name, method in list(vars(kind).items()):
        if inspect.iscoroutinefunction(method) and not name.startswith(("_", *ENDS)):
            patch.setattr(kind, name, watched(method, kind.__name__))


def watched(method: Callable[..., Any], kind: str) -> Callable[..., Any]:
    @wraps(method)
    async def call(self: object, *args: Any, **kwargs: Any) -> Any:
        task, item = asyncio.current_task(), running[0] if running else None
        # What a session does to its connection is the business of its library.
        if task is None or any(task is user for user, _ in in_use.values()):
            return await method(self, *args, **kwargs)
        if id(self) in in_use:
            note(kind, in_use[id(self)], task)
            return await method(self, *args, **kwargs)
        in_use[id(self)] = task, item
        try:
            return await method(self, *args, **kwargs)
        finally:
            del in_use[id(self)]

    return call


def note(kind: str, use: tuple[Task, pytest.Item | None], task: Task) -> None:
    """Note the lines of both tasks; the library decides what comes of it."""
    user, item = use
    if item is None or item not in running or is_allowed(item, MARKER):
        return
    before_call = takewhile(
        lambda line: line.file != __file__, awaited_lines(user.get_coro())
    )
    lines = own(before_call), own(running_lines(inspect.currentframe()))
    places = [
        (found[-1].place if found else location_of_task(by))
        or f"task {by.get_name()}, running {coroutine_of(by)}"
        for found, by in zip(lines, (user, task), strict=True)
    ]
    if item not in charged:  # what comes after the first one may follow from it
        charged.add(item)
        text = [f"{item.name} uses one {kind} in two tasks at once"]
        text += [f"  {place}" for place in places]
        found(
            "sharing", "object used by two tasks at once", "\n".join(text), item, HINT
        )


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    watch_imported()
    running[:] = [item]


def pytest_runtest_logfinish() -> None:
    running.clear()
