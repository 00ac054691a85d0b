"""Ownership: which test, or which fixture of several tests, something was made for.

The owner is a context variable. Tasks and callbacks copy their context when they are
made, so what a server of a fixture does during a test belongs to the fixture. What
another thread makes for itself belongs to nobody here.
"""

import asyncio
import contextvars
import gc
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from types import CodeType, FrameType, FunctionType, ModuleType, TracebackType
from typing import Any
from weakref import WeakKeyDictionary

import pytest

from . import internals
from .locations import name_of

Task = asyncio.Task[Any]


@dataclass(eq=False)
class Owner:
    """A test, with its fixtures, or a fixture that outlives the test."""

    name: str
    item: pytest.Item | None = None
    value: object = None
    made: list[Any] = field(default_factory=list)  # what must be closed
    functions: list[Any] = field(default_factory=list)  # of the test and its fixtures

    def is_maker(self, code: CodeType | None) -> bool:
        """Tell whether code is that of the test or of one of its fixtures."""
        for function in self.functions:
            while type(function) is FunctionType:
                if function.__code__ is code:
                    return True
                function = vars(function).get("__wrapped__")
        return False


OWNER: contextvars.ContextVar[Owner | None] = contextvars.ContextVar("owner")
fixtures: list[Owner] = []  # those that outlive the test
adopted: WeakKeyDictionary[Task, Owner] = WeakKeyDictionary()  # by a fixture
test: Owner | None = None  # that runs now

# Through these everything is connected with everything.
NO_WAY = (
    *(ModuleType, type, FrameType, TracebackType, contextvars.Context, Owner),
    *(asyncio.AbstractEventLoop, asyncio.Handle, asyncio.Runner, asyncio.Future),
    *(pytest.Item, pytest.Collector, pytest.Config, pytest.FixtureRequest),
)


def current() -> Owner | None:
    """Return the owner of what is made now."""
    return OWNER.get(None)


def owner_of(task: Task) -> Owner | None:
    """Return whom a task was made for."""
    context = internals.context_of(task)
    return adopted.get(task) or (context.get(OWNER) if context else None)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    global test
    test = Owner(item.name, item)
    test.functions.append(getattr(item, "function", None))
    OWNER.set(test)
    if context := internals.context_of_case(item):
        context.run(OWNER.set, test)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    __tracebackhide__ = True
    global test
    try:
        return (yield)
    finally:
        test = None
        OWNER.set(None)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any],
) -> Generator[None, object, object]:
    """Make a fixture that outlives the test the owner of what it makes."""
    __tracebackhide__ = True
    if fixturedef.scope == "function":
        if owner := current():
            owner.functions.append(fixturedef.func)
        return (yield)
    owner = Owner(f"fixture {name_of(fixturedef.argname, fixturedef.func)}")
    token = OWNER.set(owner)
    try:
        value = yield
        if fixturedef.argname != "event_loop_policy":  # which knows all processes
            owner.value = value
        return value
    finally:
        OWNER.reset(token)
        fixtures.append(owner)
        fixturedef.addfinalizer(partial(take_over, fixturedef, owner))


finishing: dict[pytest.FixtureDef[Any], tuple[Owner, contextvars.Token[Any]]] = {}


def take_over(fixturedef: pytest.FixtureDef[Any], owner: Owner) -> None:
    """Make a fixture the owner again while it is torn down."""
    finishing[fixturedef] = owner, OWNER.set(owner)


@pytest.hookimpl(trylast=True)
def pytest_fixture_post_finalizer(fixturedef: pytest.FixtureDef[Any]) -> None:
    if found := finishing.pop(fixturedef, None):
        owner, token = found
        OWNER.reset(token)
        owner.value = None
        fixtures.remove(owner)


def held_by_fixture(thing: object) -> Owner | None:
    """Return the fixture that has something made for it later, as a pool does."""
    for owner in fixtures:
        parts = [owner.value, *(each.thing for each in owner.made)]
        if any(part is thing for part in reachable(parts)):
            return owner
    return None


def reachable(parts: Iterable[object]) -> Iterator[object]:
    """Yield parts and all that they refer to. No code of any part runs."""
    seen: set[int] = set()
    found = list(parts)
    while found:
        part = found.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        kind = type(part)
        if kind is FunctionType:  # its globals lead everywhere
            function: Any = part
            found += function.__closure__ or ()
        elif not issubclass(kind, NO_WAY):
            found += gc.get_referents(part)
