"""Hangs in AnyIO's tests and fixtures: ended and shown like all others, on every backend.

No cancel scope is opened for it: fixtures may hold their own across `yield`. On Trio, an
await that resists ends the run.
"""

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import suppress
from functools import partial, wraps
from inspect import iscoroutinefunction
from typing import Any, NoReturn

import pytest

from . import internals
from .hangs import GRACE, Frame, Run, fail, refuse_another_try, watch


class Step(Run):
    """A test or a step of a fixture; AnyIO runs all of them in one task."""

    own_task: Any
    over = False

    def __init__(self) -> None:
        """Wait for `enter`: the step is not running yet."""

    @property
    def task(self) -> Any:
        return self.own_task

    def is_over(self) -> bool:
        return self.over

    async def run(
        self, func: Callable[..., Awaitable[Any]], /, *args: Any, **kw: Any
    ) -> Any:
        __tracebackhide__ = True
        self.enter()
        self.code = func(*args, **kw)
        refuse_another_try(self.code)
        watch.runs.append(self)
        try:
            return await self.code
        finally:
            self.over = True
            if watch.report:
                self.uncancel()
            watch.finish(self)

    def enter(self) -> None: ...

    def uncancel(self) -> None: ...


class StepOnAsyncio(Step):
    def __init__(self) -> None:
        self.gets_result = asyncio.current_task()

    def enter(self) -> None:
        self.own_task, self.loop = asyncio.current_task(), asyncio.get_running_loop()
        self.before = set(map(id, asyncio.all_tasks(self.loop)))

    def uncancel(self) -> None:
        self.own_task.uncancel()

    def waits(self, frame: Frame) -> bool:
        name = frame.f_code.co_filename if frame else ""
        return super().waits(frame) or name == internals.file_of_backend("asyncio")

    def end(self) -> None:
        watch.report = "The event loop was stopped"  # for a task that nobody awaits now
        self.own_task.cancel()
        if task := self.gets_result:
            with suppress(RuntimeError, SystemExit, pytest.fail.Exception):
                self.loop.run_until_complete(asyncio.wait({task}, timeout=GRACE))
            if task.done():
                task.exception()


class StepOnTrio(Step):
    def enter(self) -> None:
        self.trio = sys.modules["trio"].lowlevel
        self.own_task = self.trio.current_task()
        self.token = self.trio.current_trio_token()
        self.before = set(map(id, self.tasks()))

    def waits(self, frame: Frame) -> bool:
        in_thread_of_test = threading.get_ident() == watch.thread
        return not (in_thread_of_test and self.trio.in_trio_task())

    def others(self) -> dict[str, Any]:
        return {t.name: t.coro for t in self.tasks() if id(t) not in self.before}

    def tasks(self) -> list[Any]:
        tasks = [self.own_task]
        for task in tasks:
            tasks += [
                child for part in task.child_nurseries for child in part.child_tasks
            ]
        return tasks

    def cancel(self, rings: int) -> None:
        if rings > 2:
            watch.end_everything()
        self.token.run_sync_soon(self.abort)

    def abort(self) -> None:
        internals.interrupt(self.own_task, self.fail)

    def replace_executor(self) -> None:
        """Trio's threads end with the process."""

    def fail(self) -> NoReturn:
        fail(watch.report)

    def end(self) -> None:
        """Leave it: nothing stops Trio's loop."""


def watched(call: Callable[..., Any], kind: type[Step]) -> Callable[..., Any]:
    """Return a method that runs what AnyIO's runner runs, and watches it."""

    @wraps(call)
    def call_watched(runner: Any, func: Any, /, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        return call(runner, partial(kind().run, func), *args, **kwargs)

    @wraps(call)
    async def call_watched_soon(
        runner: Any, func: Any, /, *args: Any, **kwargs: Any
    ) -> Any:
        __tracebackhide__ = True
        return await call(runner, partial(kind().run, func), *args, **kwargs)

    return call_watched_soon if iscoroutinefunction(call) else call_watched


patch = pytest.MonkeyPatch()
KINDS = {"asyncio": StepOnAsyncio, "trio": StepOnTrio}
patched: set[str] = set()


def pytest_configure(config: pytest.Config) -> None:
    patched.clear()
    config.add_cleanup(patch.undo)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any],
) -> Generator[None, object, object]:
    """Watch a backend of AnyIO from when it is first asked for."""
    __tracebackhide__ = True
    value: Any = yield
    if fixturedef.argname == "anyio_backend":
        name = value if isinstance(value, str) else value[0]
        if name in KINDS and name not in patched:
            patched.add(name)
            internals.wrap_runner(patch, name, partial(watched, kind=KINDS[name]))
    return value
