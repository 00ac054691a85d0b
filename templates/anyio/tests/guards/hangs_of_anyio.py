"""Hangs in AnyIO's tests and fixtures: they are ended and shown like all others.

pytest-timeout alone ends them with an exception in the middle of the event loop, and
Trio's then never stops. What refuses to be cancelled ends the whole run.
"""

import threading
import traceback
from collections.abc import AsyncIterator, Callable, Generator
from functools import partial, wraps
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any

import anyio.from_thread
import pytest
import pytest_timeout  # type: ignore[import-untyped]
from anyio.lowlevel import current_token

from .hangs import GRACE, Watch, watch
from .locations import frames_of, location


class Await:
    """A coroutine in a scope that can be cancelled from outside."""

    def __init__(self, code: Any) -> None:
        self.code = code
        self.scope = anyio.CancelScope()
        self.report = ""

    async def run(self) -> Any:
        """Run it; if it hangs, fail with the report whatever came of the cancelling."""
        __tracebackhide__ = True
        self.token = current_token()
        awaits.append(self)
        result = None
        try:
            with self.scope:
                result = await self.code
        except BaseException:
            if not self.report:
                raise
        finally:
            awaits.remove(self)
        if self.report:
            pytest.fail(self.report, pytrace=False)
        return result

    def end(self, item: pytest.Item, settings: Any) -> None:
        """Cancel it; the second time, end the run."""
        if self.report:
            print(self.report)  # what follows shows threads only
            pytest_timeout.timeout_timer(item, settings)
            return
        self.report = f"Timeout (>{settings.timeout}s): {watch.doing} waits for ever"
        watch.start(GRACE)
        cancel = partial(anyio.from_thread.run_sync, self.cancel, token=self.token)
        threading.Thread(target=cancel, daemon=True).start()

    def cancel(self) -> None:
        """Report where it and the tasks of this project wait, and cancel it."""
        self.report += f"\n{lines_of(self.code)}"
        for task in anyio.get_running_tasks():
            frames = list(frames_of(task.coro))
            is_ours = any(location(frame.f_code.co_filename, 0, "") for frame in frames)
            if is_ours and self.code.cr_frame not in frames:
                self.report += f"\n{task.name} waits, too\n{lines_of(task.coro)}"
        self.scope.cancel()


awaits: list[Await] = []  # what AnyIO runs now


def lines_of(code: object) -> str:
    frames = ((frame, frame.f_lineno) for frame in frames_of(code))
    return "".join(traceback.StackSummary.extract(frames).format())


def ring(end_at_once: Callable[[Any, Any], None], *_: object) -> None:
    """End an await; what blocks the event loop is ended as everywhere."""
    __tracebackhide__ = True
    try:
        anyio.get_current_task()
    except RuntimeError:
        end_at_once = awaits[-1].end if awaits else end_at_once
    Watch.ring(watch, end_at_once)


vars(watch)["ring"] = ring


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_pyfunc_call(
    pyfuncitem: pytest.Function,
) -> Generator[None, object, object]:
    __tracebackhide__ = True
    with pytest.MonkeyPatch.context() as patch:
        if "anyio_backend" in pyfuncitem.funcargs:
            patch.setattr(pyfuncitem, "obj", watched(pyfuncitem.obj))
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    __tracebackhide__ = True
    with pytest.MonkeyPatch.context() as patch:
        if "anyio_backend" in request.fixturenames:
            patch.setattr(fixturedef, "func", watched(fixturedef.func))
        return (yield)


def watched(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that does the same in scopes that can be cancelled."""

    @wraps(function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        return await Await(function(*args, **kwargs)).run()

    @wraps(function)
    async def generate(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        __tracebackhide__ = True
        steps = function(*args, **kwargs)
        while True:
            try:
                value = await Await(step(steps)).run()
            except StopAsyncIteration:
                return
            yield value

    if isasyncgenfunction(function):
        return generate
    return call if iscoroutinefunction(function) else function


async def step(steps: AsyncIterator[Any]) -> Any:
    return await anext(steps)
