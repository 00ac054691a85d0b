"""Leaks: the test that leaves something behind fails itself, not one after it.

When a test is torn down, no task of it may be pending, no exception of a task unseen,
no coroutine forgotten and nothing open, unless a fixture that outlives the test holds
it. `@pytest.mark.allow_leaks("reason")` allows it all. Not seen is what is part of a
cycle of references and older than an automatic garbage collection during its test.
"""

import asyncio
import gc
import sys
from collections.abc import Callable, Generator
from functools import partial
from typing import Any
from weakref import WeakSet

import pytest

from . import open_objects
from .findings import is_allowed
from .locations import belongs_to_fixture, location_of_task, stack_of

MARKER = "allow_leaks"
FAILED = pytest.StashKey[bool]()
Loop = asyncio.AbstractEventLoop
loops: WeakSet[Loop] = WeakSet()
tasks_of_fixtures: WeakSet[asyncio.Task[Any]] = WeakSet()
leaks: list[str] = []  # of the current test


def pytest_configure(config: pytest.Config) -> None:
    text = f"{MARKER}(reason): the test may leave tasks and open objects behind"
    config.addinivalue_line("markers", text)
    sys.set_coroutine_origin_tracking_depth(1)
    patch = pytest.MonkeyPatch()
    open_objects.remember(patch)
    config.add_cleanup(patch.undo)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any],
) -> Generator[None, object, object]:
    """Note the event loops, and what belongs to a fixture that outlives the test."""
    __tracebackhide__ = True
    before = len(open_objects.made)
    value = yield
    if isinstance(value, asyncio.Runner):
        loop = value.get_loop()
        loops.add(loop)
        hear_of_errors(loop)
        fixturedef.addfinalizer(partial(note_tasks, loop, None))
    elif fixturedef.scope != "function":
        del open_objects.made[before:]
        for loop in loops:
            tasks_of_fixtures.update(asyncio.all_tasks(loop))
    return value


def hear_of_errors(loop: Loop) -> None:
    """Be the handler of its exceptions, also if code under test has set another one."""
    own = loop.get_exception_handler()
    if not isinstance(own, partial) or own.func is not note_error:
        pass_on = own or type(loop).default_exception_handler
        loop.set_exception_handler(partial(note_error, pass_on))


def note_error(
    pass_on: Callable[[Loop, Any], object], loop: Loop, context: dict[str, Any]
) -> None:
    """Note an exception, or the end of a pending task, that nobody else hears of."""
    task = context.get("task") or context.get("future")
    place = location_of_task(task) if isinstance(task, asyncio.Task) else None
    if place or "exception" in context:
        error = f"{context['message']}: {context.get('exception')!r}"
        leaks.append(f"{error}, in the task made at {place}" if place else error)
    pass_on(loop, context)


def note_complaint(pass_on: Callable[[Any], object], unraisable: Any) -> None:
    """Note what a finalizer complains of: a forgotten await, something not closed."""
    complaint = unraisable.exc_value
    if isinstance(complaint, (ResourceWarning, RuntimeWarning)):
        leaks.append(str(complaint))
    else:
        pass_on(unraisable)


def note_tasks(loop: Loop, item: pytest.Function | None) -> None:
    """Note and cancel the tasks of a test, or all those of a loop that is closed next."""
    tasks = asyncio.all_tasks(loop)
    if item:
        tasks = {
            task for task in tasks - set(tasks_of_fixtures) if location_of_task(task)
        }
        held = {task for task in tasks if belongs_to_fixture(task, item)}
        tasks_of_fixtures.update(held)  # a later test need not use that fixture
        tasks -= held
    for task in tasks:
        place = location_of_task(task) or "a line of a library"
        leaks.append(f"{task.get_name()} is pending, made at {place}\n{stack_of(task)}")
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks, timeout=1))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    __tracebackhide__ = True
    pass_on = sys.unraisablehook
    sys.unraisablehook = partial(note_complaint, pass_on)
    try:
        return (yield)
    finally:
        sys.unraisablehook = pass_on


def pytest_runtest_setup(item: pytest.Item) -> None:
    leaks.clear()
    open_objects.made.clear()
    for loop in loops:
        hear_of_errors(loop)
    is_allowed(item, MARKER)


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    item.stash[FAILED] = item.stash.get(FAILED, False) or call.excinfo is not None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    __tracebackhide__ = True
    result = yield
    report(item)
    return result


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_teardown(item: pytest.Function) -> Generator[None, object, object]:
    """Look at what is left when everything is torn down."""
    __tracebackhide__ = True
    try:
        result = yield
    finally:
        for loop in loops:
            if not loop.is_closed():
                note_tasks(loop, item)
        leaks.extend(open_objects.close_all(item))
        gc.collect(1)
    report(item)
    return result


def report(item: pytest.Item) -> None:
    """Fail a test that leaks, unless it has failed anyway and could not clean up."""
    if leaks and not item.stash.get(FAILED, False) and not is_allowed(item, MARKER):
        hint = f'Close or await it, or say @pytest.mark.{MARKER}("reason")'
        lines = [f"{item.name} leaves behind:", *leaks, hint]
        pytest.fail("\n".join(lines), pytrace=False)
