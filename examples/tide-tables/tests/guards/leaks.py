"""Leaks: the test that leaves something behind fails itself, not one after it.

When a test is torn down, no task that was made for it may be pending, no exception of a
task unseen, no coroutine never awaited and nothing open. What a fixture of several
tests makes must be gone when that fixture is torn down.
"""

import asyncio
import gc
import inspect
import sys
import traceback
import warnings
from asyncio import Runner, all_tasks, wait  # by these names: tests may replace them
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import closing
from functools import partial
from types import AsyncGeneratorType, CoroutineType, FrameType
from typing import Any
from weakref import ref

import pytest

from . import internals, open_objects, ownership
from .findings import Refusal, found, has_failed, is_allowed
from .locations import (
    coroutine_of,
    location,
    location_of_origin,
    location_of_task,
    name_of,
)
from .open_objects import Made, is_thread
from .ownership import Owner, Task, current, held_by_fixture, owner_of
from .stacks import awaited_lines, place_of_error, stack

MARKER = "allow_leaks"
EXEMPT = f'or mark the test @pytest.mark.{MARKER}("reason")'
GRACE = 1  # seconds for what has been cancelled or dropped to end
TURNS = 3  # of the loop, for what ends by itself
ORIGIN = 3  # frames: AsyncMock makes coroutines two calls below the line of the test
MOCKED = "AsyncMockMixin._execute_mock_call"
# What asyncio itself reports of an exception that nobody else can see.
LOST = (
    *("Exception in callback", "Unhandled exception", "Fatal error"),
    *("Exception while", "Error on transport creation", "Task was destroyed"),
)
UNSEEN = "exception was never retrieved"  # of a task, a future, what gather returns
# The garbage collections that find nothing but what is younger than the last test.
YOUNG = 1 if sys.version_info < (3, 14) else 0
RARER = 10  # times as seldom: each young collection counts towards a full one

Loop = asyncio.AbstractEventLoop
loops: dict[Loop, Any] = {}  # of pytest-asyncio, until they close, and their handlers
collecting: int | None = None  # the generation of the garbage collection that runs
recorder: object = None  # of the warnings, when nobody else records them
are_closed = False  # objects that a test has left open
is_ending = False  # the test: its own fixtures are torn down, then wider ones
ignored: list[str] = []  # libraries and classes
patch = pytest.MonkeyPatch()
NOBODY = Owner("nobody")


def pytest_configure(config: pytest.Config) -> None:
    text = f"{MARKER}(reason): the test may leave tasks and open objects behind"
    config.addinivalue_line("markers", text)
    ignored[:] = config.getini("guard_leaks_ignore")
    depth = sys.get_coroutine_origin_tracking_depth()
    sys.set_coroutine_origin_tracking_depth(max(depth, ORIGIN))
    open_objects.note_transports(patch)
    open_objects.note_threads(patch)
    internals.record_unawaited(patch, is_forgotten, ORIGIN)
    gc.callbacks.append(note_collection)
    young, middle, old = thresholds = gc.get_threshold()
    gc.set_threshold(young, middle, old * RARER)
    config.pluginmanager.register(ownership, ownership.__name__)
    config.add_cleanup(patch.undo)
    config.add_cleanup(partial(gc.callbacks.remove, note_collection))
    config.add_cleanup(partial(gc.set_threshold, *thresholds))
    config.add_cleanup(partial(sys.set_coroutine_origin_tracking_depth, depth))


def note_collection(phase: str, info: dict[str, int]) -> None:
    global collecting
    collecting = info["generation"] if phase == "start" else None


def leaked(
    owner: Owner | None, kind: str, text: str, change: str = "Close, cancel or await it"
) -> None:
    """Charge a leak to the test that runs, else report it for the run."""
    item = owner.item if owner else None
    if item and owner is ownership.test:
        if not is_allowed(item, MARKER):
            found("leaks", kind, text, item, f"{change}, {EXEMPT}")
    elif owner:
        found("leaks", kind, f"left behind by {owner.name}: {text}")
    else:
        now = f"during {ownership.test.name}" if ownership.test else "between tests"
        text = f"found by the garbage collector {now}, left by it or an earlier test: {text}"
        found("leaks", kind, text)


def owner_of_finalized() -> Owner | None:
    """Return the owner of an object that is freed now, None if it may be an older one."""
    if collecting is not None and collecting > YOUNG:
        return None
    owner = current()
    # uvloop frees in the context in which the loop was made.
    is_of_loop = owner and issubclass(type(owner.value), Runner)
    return ownership.test if is_of_loop else owner


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Note the event loops."""
    __tracebackhide__ = True
    open_objects.note_classes(patch)
    value = yield
    # A fixture of the item itself ends among those of the test.
    if not isinstance(request.node, pytest.Item):
        fixturedef.addfinalizer(check_test)
    if issubclass(type(value), Runner):
        assert isinstance(value, Runner)
        loop = value.get_loop()
        hear = partial(note_error, ref(loop))
        try:
            vars(loop)["default_exception_handler"] = hear
        except TypeError:  # uvloop's own
            loop.set_exception_handler(lambda _, context: hear(context))
        loops[loop] = None
        fixturedef.addfinalizer(partial(check_loop, loop))
    return value


def check(owner: Owner) -> None:
    """Check what a test or a fixture has left."""
    for loop in loops:
        check_tasks(loop, owner)
    check_objects(owner)


def check_loop(loop: Loop) -> None:
    """Check what the test has left on a loop that is closed next."""
    del loops[loop]
    if owner := ownership.test:
        check_tasks(loop, owner)
        check_objects(owner, loop)


def check_test() -> None:
    """Check what the test has left before the end of a wider fixture changes that."""
    if is_ending and (owner := ownership.test):
        check(owner)


def note_error(loop: ref[Loop], context: dict[str, Any]) -> None:
    """Note an exception that asyncio reports and nobody handles."""
    heard: Any = loop()
    if heard:  # else the loop is freed together with what it reports
        type(heard).default_exception_handler(heard, context)
    error = context.get("exception")
    message = context["message"]
    is_lost = message.startswith(LOST) or message.endswith(UNSEEN)
    if type(error) in (asyncio.CancelledError, Refusal) or not is_lost:
        return
    task: Any = context.get("task") or context.get("future")
    is_task = issubclass(type(task), asyncio.Task)
    owner = owner_of(task) if is_task else owner_of_finalized()
    if owner and owner.item and "caplog" in getattr(owner.item, "fixturenames", ()):
        return  # it can assert on what is logged
    text = f"{message.lstrip('_')}: {error!r}"
    if error and error.__traceback__:
        text += f", raised {place_of_error(error)}"
    if is_task and (where := location_of_task(task)):
        text += f", in the task made at {where}"
    leaked(owner, "exception lost", text, "Handle it or await what raises it")


def is_forgotten(coroutine: Coroutine[Any, Any, Any], text: str) -> bool:
    """Note a coroutine that was never awaited, unless the test expects the warning."""
    owner = current()
    is_expected = internals.recorder_of_warnings() is not recorder
    if owner is None or is_expected or sys.is_finalizing():
        return False
    with warnings.catch_warnings(record=True) as log:
        try:
            warnings.warn(text, RuntimeWarning, source=coroutine, stacklevel=3)
        except RuntimeWarning:
            pass
        else:
            if not log:
                return False
    text += origin(coroutine)
    if MOCKED in text:
        text += "; a mock of a function that is not async must be a MagicMock"
    leaked(owner_of_finalized(), "coroutine never awaited", text)
    return not log


def origin(coroutine: Any) -> str:
    if not coroutine.cr_origin:
        return ""
    if where := location_of_origin(coroutine):
        return f", made at {where}"
    file, line, name = coroutine.cr_origin[0]
    made = f", made at {file}:{line} in {name}"
    code = coroutine.cr_code
    where = location(code.co_filename, code.co_firstlineno, "")
    return f"{made}, defined at {where}" if where else made


def note_complaint(pass_on: Callable[[Any], object], unraisable: Any) -> None:
    """Note what a finalizer complains of: something that was not closed."""
    if are_closed and issubclass(unraisable.exc_type, Warning):
        return
    if not issubclass(unraisable.exc_type, ResourceWarning):
        pass_on(unraisable)
        return
    text = str(unraisable.exc_value)
    try:
        warnings.warn(pytest.PytestUnraisableExceptionWarning(text), stacklevel=2)
    except pytest.PytestUnraisableExceptionWarning:
        leaked(owner_of_finalized(), "not closed", text)


def turn(loop: Loop) -> None:
    """Let a loop run what is ready to run."""
    loop.call_soon(loop.stop)
    loop.run_forever()


def check_tasks(loop: Loop, owner: Owner | None) -> None:
    """Report and cancel the pending tasks that an event loop runs for a test or fixture."""
    if owner is None or loop.is_closed() or loop.is_running():
        return
    if internals.has_ready(loop):
        turn(loop)
    if not tasks_of(loop, owner):
        return
    for _ in range(TURNS):
        turn(loop)
    if generators := {task for task in tasks_of(loop, owner) if generator_of(task)}:
        loop.run_until_complete(wait(generators, timeout=GRACE))
    tasks = tasks_of(loop, owner)
    for task in [*tasks]:
        is_held = owner.item and held_by_fixture(task)
        if is_held or is_ignored(internals.module_of(task)):
            ownership.adopted[task] = is_held or NOBODY
            tasks.remove(task)
            continue
        if generator := generator_of(task):
            name = name_of(generator.__qualname__, generator)
            text = f"async generator {name} is still closing; use contextlib.aclosing"
            leaked(owner, "generator not closed", f"{text}\n{waits_of(task)}")
        else:
            where = location_of_task(task)
            text = f"task {task.get_name()} is pending"
            text += f", made at {where}" if where else f", running {coroutine_of(task)}"
            leaked(owner, "task pending", f"{text}\n{waits_of(task)}")
        task.cancel()
    if tasks:
        loop.run_until_complete(wait(tasks, timeout=GRACE))


def waits_of(task: Task) -> str:
    """Show the lines at which a task waits."""
    return stack(awaited_lines(task.get_coro()))


def is_ignored(name: str) -> bool:
    """Tell whether a class, or the module of a task, is exempt in the settings."""
    return any(f"{name}.".startswith(f"{each}.") for each in ignored)


def tasks_of(loop: Loop, owner: Owner | None) -> list[Task]:
    return [task for task in all_tasks(loop) if owner_of(task) is owner]


def generator_of(task: Task) -> AsyncGeneratorType[Any, Any] | None:
    """Return the generator that a task does nothing but close."""
    code = task.get_coro()
    if type(code).__name__ != "async_generator_athrow":
        return None
    parts = gc.get_referents(code)
    return next((part for part in parts if type(part) is AsyncGeneratorType), None)


def check_objects(owner: Owner, closing_loop: Loop | None = None) -> None:
    """Report and close what an owner has not closed, or only what a loop still serves."""
    left, now, later = [], list[Made](), list[Made]()
    for each in owner.made:  # a fixture may end its thread after the test's loop
        (later if closing_loop and is_thread(each) else now).append(each)
    opened = open_objects.still_open(now)
    served = {each.location for each in opened if open_objects.is_transport(each)}
    for each in opened:
        kind = type(each.thing)
        if is_ignored(f"{kind.__module__}.{kind.__qualname__}"):
            continue
        is_held = owner.item and not each.is_direct
        if is_held and (holder := held_by_fixture(each.thing)):
            holder.made.append(each)
        elif closing_loop and each.location not in served:
            later.append(each)
        elif not open_objects.ends_soon(each.thing):
            left.append(each)
    owner.made[:] = later
    above = {each.location for each in left if not open_objects.is_transport(each)}
    for each in left:
        is_beneath = each.location in above or (len(left) > 1 and not each.location)
        if not (open_objects.is_transport(each) and is_beneath):
            kind = type(each.thing)
            name = kind.__name__.lstrip("_")
            text = f"{kind.__module__.partition('.')[0]}'s {name} is open, "
            if is_thread(each):
                text = f"thread {each.thing.name} is still running an event loop, "
            if where := each.location or each.task:
                text += f"made at {where}"
            else:
                text += f"made for {owner.name}{open_objects.ends_of(each)}"
            leaked(owner, f"{name} open", text)
    if left:
        global are_closed
        are_closed = True  # by the guard: what they complain of is its own doing
        with closing(asyncio.new_event_loop()) as other:
            usable = [closing_loop, *loops, other]
            loop = next(loop for loop in usable if loop and not loop.is_closed())
            for each in left:
                open_objects.close(each.thing, loop)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    __tracebackhide__ = True
    global recorder
    recorder = internals.recorder_of_warnings()
    pass_on = sys.unraisablehook
    sys.unraisablehook = partial(note_complaint, pass_on)
    try:
        return (yield)
    finally:
        sys.unraisablehook = pass_on


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    is_allowed(item, MARKER)
    open_objects.note_classes(patch)
    for loop in loops:
        loops[loop] = loop.get_exception_handler()


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note the coroutines that a failing test holds, which would be freed in another test."""
    trace = call.excinfo.tb if call.excinfo else None
    while trace:
        frame, trace = trace.tb_frame, trace.tb_next
        if location(frame.f_code.co_filename, 0, ""):
            for value in values_in(frame):
                if type(value) is CoroutineType and is_unstarted(value):
                    text = f"coroutine '{value.__qualname__}' was never awaited"
                    leaked(current(), "coroutine never awaited", text + origin(value))
                    value.close()
    return (yield)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Check what is left when everything is torn down."""
    __tracebackhide__ = True
    global are_closed, is_ending
    is_ending = True
    try:
        return (yield)
    finally:
        is_ending = False
        if owner := ownership.test:
            free_frames(item)
            new = open_objects.note_classes(patch)
            if inspect.iscoroutinefunction(getattr(owner.item, "function", None)):
                open_objects.note_existing(owner, new)
            check(owner)
            for loop, handler in loops.items():
                loop.set_exception_handler(handler)
        gc.collect(YOUNG)
        are_closed = False


def values_in(frame: FrameType) -> Iterator[object]:
    """Yield the values of local variables, also those in lists and the like."""
    for value in frame.f_locals.values():
        yield value
        if type(value) in (dict, list, set, tuple):
            yield from gc.get_referents(value)


def free_frames(item: pytest.Item) -> None:
    """Free what the traceback of a failed test holds, which would be freed in another."""
    trace = getattr(sys, "last_traceback", None)
    if has_failed(item) and trace and not item.config.getoption("usepdb"):
        traceback.clear_frames(trace)


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_post_finalizer(fixturedef: pytest.FixtureDef[Any]) -> None:
    """Check what is left of a fixture that outlives tests."""
    if finishing := ownership.finishing.get(fixturedef):
        check(finishing[0])


def is_unstarted(coroutine: Coroutine[Any, Any, Any]) -> bool:
    return inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED
