"""Hangs: an await that never ends fails its test alone, and the report shows who waits where.

When the time of pytest-timeout is over and the event loop waits, the waiting task is
cancelled: `finally` blocks and tear-down run. If it refuses for some seconds to be
cancelled, the loop is stopped. What blocks the loop is ended by pytest-timeout itself.
Under a debugger nothing is.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import Any

import pytest
import pytest_timeout  # type: ignore[import-untyped]

from .locations import stack_of

GRACE = 5  # seconds for a cancelled task to end
Code = Coroutine[Any, Any, Any]


class Watch:
    """What runs now, how long it may, and what to say when it hangs."""

    item: pytest.Item | None = None
    settings: Any = None
    cancel: Callable[[], object] | None = None
    running: tuple[asyncio.AbstractEventLoop, Code] | None = None
    doing = report = ""

    def start(self, seconds: float) -> None:
        main_thread = threading.current_thread() is threading.main_thread()
        if self.settings.method == "signal" and main_thread:
            signal.signal(
                signal.SIGALRM, partial(self.ring, pytest_timeout.timeout_sigalrm)
            )
            signal.setitimer(signal.ITIMER_REAL, seconds)
            self.cancel = partial(signal.setitimer, signal.ITIMER_REAL, 0)
        else:
            timer = threading.Timer(seconds, self.ring, [pytest_timeout.timeout_timer])
            timer.start()
            self.cancel = timer.cancel

    def stop(self) -> None:
        if self.cancel:
            self.cancel()
            self.cancel = None

    def ring(self, end_at_once: Callable[[Any, Any], None], *_: object) -> None:
        """Cancel the await that hangs; end at once what is no await."""
        __tracebackhide__ = True
        if (
            pytest_timeout.is_debugging()
            and not self.settings.disable_debugger_detection
        ):
            return
        loop, code = self.running or (None, None)
        tasks = asyncio.all_tasks(loop) if loop else set()
        task = next((task for task in tasks if task.get_coro() is code), None)
        if loop is None or task is None or asyncio.current_task(loop):
            end_at_once(self.item, self.settings)
            return
        if self.report:
            loop.call_soon_threadsafe(loop.stop)
            return
        first = f"Timeout (>{self.settings.timeout}s): {self.doing} waits for ever"
        others = [
            f"{other.get_name()} waits, too\n{stack_of(other)}"
            for other in tasks - {task}
        ]
        self.report = "\n".join([first, stack_of(task), *others])
        self.start(GRACE)
        loop.call_soon_threadsafe(task.cancel)

    def run(
        self,
        runner: asyncio.Runner,
        run: Callable[..., Any],
        code: Code,
        **context: Any,
    ) -> Any:
        """Run a coroutine; if it hangs, fail with the report whatever came of the cancelling."""
        __tracebackhide__ = True
        self.running = runner.get_loop(), code
        result = None
        try:
            result = run(code, **context)
        except BaseException:
            if not self.report:
                raise
        finally:
            self.running = None
        if self.report:
            report, self.report = self.report, ""
            pytest.fail(report, pytrace=False)
        return result


watch = Watch()


@pytest.hookimpl(tryfirst=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> bool:
    watch.item, watch.settings = item, settings
    watch.start(settings.timeout)
    vars(item)["cancel_timeout"] = watch.stop  # pytest-timeout calls it
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    watch.doing = f"the test {item.name}"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> None:
    """Stop the clock after a failure: its report may take as long as it needs."""
    if call.excinfo:
        watch.stop()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Start again for tear-down, if a failure has stopped the clock."""
    if item is watch.item and not watch.cancel and not watch.settings.func_only:
        watch.start(watch.settings.timeout)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any],
) -> Generator[None, object, object]:
    """Note what the fixtures do, and watch over every runner of an event loop."""
    __tracebackhide__ = True
    outer, watch.doing = watch.doing, f"the set-up of fixture '{fixturedef.argname}'"
    value = yield
    watch.doing = outer
    doing = f"the tear-down of fixture '{fixturedef.argname}'"
    fixturedef.addfinalizer(partial(setattr, watch, "doing", doing))
    if isinstance(value, asyncio.Runner):
        vars(value)["run"] = partial(watch.run, value, value.run)
    return value
