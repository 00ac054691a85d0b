"""Hangs: a hung await is cancelled, its test alone fails, and the report shows the await.

When the time that pytest-timeout gives a test is over, its task is cancelled, so that
`finally` blocks and teardown run; code that blocks is interrupted by an exception. The
alarm repeats every few seconds until the test is over, wherever its exception landed;
what resists to the end ends the run. What a stopped event loop leaves of a test is
ended with that test. Under a debugger there is no alarm.

Not ended is code that blocks in C and never returns to Python, unless with
pytest-timeout's thread method, which ends the run.
"""

import asyncio
import os
import selectors
import signal
import sys
import threading
from asyncio import Runner, all_tasks, current_task, wait  # tests may replace them
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial, wraps
from importlib import import_module
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NoReturn

import pytest
import pytest_timeout  # type: ignore[import-untyped]

from .stacks import PYTEST, awaited_lines, own, running_lines, stack

GRACE = 5.0  # seconds until the alarm repeats
RINGS = 5  # after so many the run is ended
# A loop that waits is in one of these files; everything else blocks it.
LOOP_FILES = (str(Path(asyncio.__file__).parent), selectors.__file__)
Frame = FrameType | None


class Run:
    """What an event loop of asyncio runs for pytest now: a test, or a step of a fixture."""

    def __init__(self, code: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.code, self.loop = code, loop
        self.before = set(map(id, all_tasks(loop)))  # resources of fixtures

    @property
    def function(self) -> CodeType | None:
        return getattr(self.code, "cr_code", None)

    @property
    def task(self) -> Any:
        tasks = all_tasks(self.loop)
        return next((task for task in tasks if task.get_coro() is self.code), None)

    def is_over(self) -> bool:
        return self.code.cr_frame is None

    def waits(self, frame: Frame) -> bool:
        """Tell whether the loop waits, when its thread is at this frame."""
        return frame is not None and frame.f_code.co_filename.startswith(LOOP_FILES)

    def others(self) -> dict[str, Any]:
        """Return the coroutines of the other tasks that wait, by their names."""
        tasks = all_tasks(self.loop)
        tasks -= {self.task, current_task(self.loop)}
        return {t.get_name(): t.get_coro() for t in tasks if id(t) not in self.before}

    def cancel(self, rings: int) -> None:
        """Cancel it, from any thread; if it resists, stop the loop."""
        if task := self.task:
            stop = self.loop.stop if rings > 1 else task.cancel
            self.loop.call_soon_threadsafe(stop)

    def replace_executor(self) -> None:
        if not self.loop.is_closed():
            self.loop.set_default_executor(ThreadPoolExecutor())

    def end(self) -> None:
        """End what a stopped loop has left of it."""
        for _ in range(3):  # another task may stop the loop again
            if task := self.task:
                task.cancel()
                with suppress(RuntimeError, SystemExit, pytest.fail.Exception):
                    waiting = wait({task}, timeout=GRACE)
                    self.loop.run_until_complete(waiting)


class Watch:
    """The clock of the test that runs, and what to do when its time is over."""

    item: pytest.Item | None = None
    settings: Any = None
    cancel_timer: Callable[[], object] | None = None
    thread = rings = 0
    phase = doing = report = ""
    has_hung = False
    expired: tuple[Any, str] = None, ""  # a function that has hung, and its report

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.threads: set[threading.Thread] = set()  # older than the test

    def start(self, seconds: float) -> None:
        self.stop()
        main_thread = threading.current_thread() is threading.main_thread()
        if self.settings.method == "signal" and main_thread:
            before = signal.signal(signal.SIGALRM, self.ring_by_signal)
            signal.setitimer(signal.ITIMER_REAL, seconds, GRACE)
            self.cancel_timer = partial(self.stop_signal, before)
        else:
            timer = threading.Timer(seconds, self.ring_in_thread)
            timer.daemon = True
            timer.start()
            self.cancel_timer = timer.cancel

    def stop_signal(self, before: Any) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    def stop(self) -> None:
        if self.cancel_timer:
            self.cancel_timer()
            self.cancel_timer = None

    def ring_by_signal(self, _: int, frame: Frame) -> None:
        __tracebackhide__ = True
        if not self.is_debugging() and self.ring(frame):
            report = self.report if self.is_at(frame) else self.report.splitlines()[0]
            pytest.fail(report)

    def ring_in_thread(self) -> None:
        if not self.is_debugging():
            if self.ring(sys._current_frames().get(self.thread)):
                self.end_everything()
            self.start(GRACE)

    def is_debugging(self) -> bool:
        """Tell whether a debugger has the test; then its time is measured no longer."""
        disabled = self.settings.disable_debugger_detection
        if disabled or not pytest_timeout.is_debugging():
            return False
        self.stop()
        return True

    def ring(self, frame: Frame) -> bool:
        """Cancel what hangs; tell whether its thread must be interrupted as well."""
        run = self.runs[-1] if self.runs else None
        waits = run is not None and run.waits(frame)
        self.rings += 1
        if self.rings == 1:
            self.report = self.describe(run, frame, not waits)
        if self.rings >= RINGS:
            self.end_everything()
        if run:
            run.cancel(self.rings)
        return not waits or self.rings > 2

    def end_everything(self) -> None:
        print(self.report)
        pytest_timeout.timeout_timer(self.item, self.settings)

    def is_at(self, frame: Frame) -> bool:
        """Tell whether an exception at a frame is raised in the test itself."""
        code = self.runs[-1].function if self.runs else None
        while code and frame and frame.f_code is not code:
            frame = frame.f_back
        return frame is not None

    def describe(self, run: Run | None, frame: Frame, is_blocked: bool) -> str:
        """Say what hangs, where, and what else waits."""
        frames = sys._current_frames()
        blocked = running_lines(frame) if is_blocked else []
        is_shown = is_blocked and self.is_at(frame)
        waits = list(awaited_lines(run.code)) if run and not is_shown else []
        if not (blocked or own(waits)):  # the test has called what runs the loop
            waits = running_lines(frame, until=PYTEST) + waits
        parts = [f"Timeout (>{self.settings.timeout}s): {self.doing} hung"]
        for line in (own(blocked) or own(waits))[-1:]:
            parts[0] += f" at {line.place}: {line.code}"
        if blocked and waits:
            parts += ["The event loop is blocked:", stack(blocked)]
            parts += [f"{self.doing} is waiting:"]
        if waits:  # else the traceback shows it
            parts += [stack(waits)]
        others = run.others() if run else {}
        threads = set(threading.enumerate()) - self.threads
        for name, lines in (
            *((name, list(awaited_lines(code))) for name, code in others.items()),
            *((t.name, running_lines(frames.get(t.ident or 0))) for t in threads),
        ):
            if own(lines):
                parts += [f"{name} is waiting, too:", stack(lines)]
        return "\n".join(parts)

    def finish(self, run: Run) -> None:
        """End a run that was cut short; if it has hung, fail with the report."""
        __tracebackhide__ = True
        if not run.is_over():
            self.note_stop(run)
            run.end()
        if run in self.runs:
            self.runs.remove(run)
        if self.report:
            self.expired = (run.function if self.phase == "call" else None), self.report
            # Else closing the loop would wait for a thread that still blocks.
            run.replace_executor()
        self.fail_if_hung()

    def note_stop(self, run: Run) -> None:
        error = sys.exc_info()[1]
        if error and not self.report:
            waits = stack(awaited_lines(run.code))
            error.add_note(
                f"The event loop was stopped; {self.doing} was waiting:\n{waits}"
            )

    def fail_if_hung(self) -> None:
        report, self.report, self.rings = self.report, "", 0
        error = sys.exc_info()[1]
        if report:
            self.has_hung = True
            if self.cancel_timer:
                self.start(self.settings.timeout)
            if not isinstance(error, pytest.fail.Exception) or error.msg != report:
                fail(report)


def fail(report: str) -> NoReturn:
    """Fail always at one line and without context: Hypothesis compares them."""
    error = pytest.fail.Exception(report, pytrace=False)
    try:
        raise error
    finally:
        error.__context__ = None


watch = Watch()


@pytest.hookimpl(tryfirst=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> bool:
    watch.item, watch.settings = item, settings
    watch.start(settings.timeout)
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_timeout_cancel_timer(item: pytest.Item) -> bool:
    """Stop the clock at the end, and for a debugger; a test goes on after a subtest."""
    if not watch.phase or item.config.getoption("usepdb"):
        watch.stop()
    return True


def phase(when: str) -> Callable[[pytest.Item], Generator[None, object, object]]:
    @pytest.hookimpl(wrapper=True)
    def watched(item: pytest.Item) -> Generator[None, object, object]:
        """Fail a test that has hung, also if it went on or its loop was stopped."""
        __tracebackhide__ = True
        watch.phase, watch.doing, watch.expired = when, item.name, (None, "")
        watch.thread, watch.threads = threading.get_ident(), set(threading.enumerate())
        if (
            item is watch.item
            and not watch.cancel_timer
            and not watch.settings.func_only
        ):
            watch.start(watch.settings.timeout)  # a failure has stopped it
        try:
            return (yield)
        finally:
            for run in watch.runs[::-1]:
                watch.finish(run)
            watch.phase = ""
            if watch.settings and watch.settings.func_only:
                watch.stop()  # the time is that of the test's body only
            watch.fail_if_hung()

    return watched


pytest_runtest_setup = phase("setup")
pytest_runtest_call = phase("call")
pytest_runtest_teardown = phase("teardown")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> None:
    """Stop the clock after a failure: its report may take as long as it needs."""
    if call.excinfo:
        watch.stop()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any],
) -> Generator[None, object, object]:
    """Note what the fixtures do."""
    __tracebackhide__ = True
    outer, watch.doing = watch.doing, f"the setup of fixture '{fixturedef.argname}'"
    value = yield
    watch.doing = outer
    doing = f"the teardown of fixture '{fixturedef.argname}'"
    if isinstance(value, Runner):
        doing = "the closing of the event loop"
    fixturedef.addfinalizer(partial(setattr, watch, "doing", doing))
    return value


def watched(run: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(run)
    def run_watched(runner: Runner, coro: Any, **context: Any) -> Any:
        __tracebackhide__ = True
        if threading.get_ident() != watch.thread or not asyncio.iscoroutine(coro):
            return run(runner, coro, **context)
        refuse_another_try(coro)
        watch.runs.append(current := Run(coro, runner.get_loop()))
        try:
            return run(runner, coro, **context)
        finally:
            watch.finish(current)

    return run_watched


def refuse_another_try(code: Any) -> None:
    """Fail what has hung already in this test: Hypothesis would try it again and again."""
    function, report = watch.expired
    if function and function is getattr(code, "cr_code", None):
        code.close()
        fail(report)


def pytest_configure(config: pytest.Config) -> None:
    patch = pytest.MonkeyPatch()
    patch.setattr(Runner, "run", watched(Runner.run))
    config.add_cleanup(patch.undo)
    of_anyio = f"{__package__}.hangs_of_anyio"
    config.pluginmanager.register(import_module(of_anyio), of_anyio)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(
    session: pytest.Session, exitstatus: int
) -> Generator[None, object, object]:
    """After a hang, wait for no thread that still blocks: Python would wait forever."""
    result = yield
    session.config.add_cleanup(partial(end_process, exitstatus))
    return result


def end_process(status: int) -> None:
    if not watch.has_hung:
        return
    threads = [thread for thread in threading.enumerate() if not thread.daemon]
    threads.remove(threading.current_thread())
    for thread in threads:
        thread.join(GRACE / len(threads))
    if names := [thread.name for thread in threads if thread.is_alive()]:
        text = f"Python would wait for blocked threads: {', '.join(names)}. The run ends here."
        print(text, file=sys.__stderr__, flush=True)
        print(end="", file=sys.__stdout__, flush=True)
        os._exit(status)
