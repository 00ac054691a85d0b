"""Loop scopes: the use of an object on an event loop other than its own is refused.

A connection, a client or a queue works on the event loop on which it was made; on
another one it fails ("attached to a different loop", "Event loop is closed") or hangs.
What refers to no loop and to no object of asyncio may be used on every loop.
"""

import asyncio
from collections.abc import Generator, Iterable, Mapping
from functools import cache
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any

import pytest
import pytest_asyncio.plugin
from pytest_asyncio import is_async_test

from . import internals
from .findings import found, refuse
from .internals import Fixture
from .locations import name_of
from .ownership import reachable

GUARD = "loop_scopes"
SCOPES = ["function", "class", "module", "package", "session"]
FixtureFunction = type(pytest.fixture(lambda: None))
# Fixtures that earlier versions of pytest-asyncio used.
DEAD = {"event_loop", "event_loop_policy"} - set(vars(pytest_asyncio.plugin))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(
    fixturedef: Fixture, request: Any
) -> Generator[None, object, object]:
    """Check a fixture before it is set up."""
    __tracebackhide__ = True
    try:
        if loop := loop_of_fixture(fixturedef, request.config):
            item = request.node if isinstance(request.node, pytest.Item) else None
            used = used_by(fixturedef, internals.active_fixtures(request))
            check_scope(fixturedef, loop, item)
            check_used(fixturedef, loop, used, request.config, item)
        return (yield)
    except BaseException as error:
        # Otherwise the next test that wants this fixture meets a bare AssertionError.
        internals.keep_reason(fixturedef, request, error)
        raise


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Check an async test before it runs."""
    active = internals.active_fixtures(internals.request_of(item)).values()
    used = [each for each in active if loop_of_fixture(each, item.config)]
    if used and is_async_test(item):
        marker = item.get_closest_marker("asyncio")
        asked = marker.kwargs.get("loop_scope") if marker else None
        loop = asked or item.config.getini("asyncio_default_test_loop_scope")
        check_used(item, loop, used, item.config, item)


def check_scope(fixture: Fixture, loop: str, item: pytest.Item | None) -> None:
    """Refuse a fixture that would outlive its own event loop."""
    if SCOPES.index(fixture.scope) > SCOPES.index(loop):
        refuse(
            GUARD,
            "fixture outlives its loop",
            f"fixture {name_of(fixture.argname, fixture.func)} lives for a "
            f"{fixture.scope}, its event loop for a {loop}.\n"
            f"Write {decorator(loop, loop)},\n"
            f'or, if it gives nothing but plain data, loop_scope="{fixture.scope}".',
            item,
        )


def check_used(
    user: Fixture | pytest.Item,
    loop: str,
    used: Iterable[Fixture],
    config: pytest.Config,
    item: pytest.Item | None,
) -> None:
    """Refuse fixtures that were made on another loop than that of their user."""
    for fixture in used:
        other = loop_of_fixture(fixture, config) or loop
        if other == loop or not is_bound(internals.value_of(fixture)):
            continue
        if isinstance(user, pytest.Item):
            who = f"{user.name} runs"
            change = f'@pytest.mark.asyncio(loop_scope="{other}")'
        else:
            who = f"fixture {name_of(user.argname, user.func)} is set up"
            change = decorator(user.scope, other)
        if other == config.getini("asyncio_default_test_loop_scope"):
            fix = f"there {change}"
        else:
            scope = min(fixture.scope, loop, key=SCOPES.index)
            fix = f"at '{fixture.argname}' {decorator(scope, loop)}"
        refuse(
            GUARD,
            "object of another loop",
            f"{who} on the {loop} loop, but uses fixture "
            f"{name_of(fixture.argname, fixture.func)},\n"
            f"which was made on the {other} loop and works only there.\nWrite {fix}",
            item,
        )


def used_by(fixture: Fixture, active: Mapping[str, Fixture]) -> list[Fixture]:
    """Return what a fixture uses, also what it reaches through others, each once."""
    reached: dict[Fixture, None] = {}
    left = [fixture]
    while left:
        if (each := left.pop()) not in reached:
            reached[each] = None
            left += filter(None, map(active.get, reversed(each.argnames)))
    return [*reached][1:]


@cache
def loop_of_fixture(fixture: Fixture, config: pytest.Config) -> str | None:
    """Return the scope of the loop of a fixture, if pytest-asyncio sets it up."""
    function = fixture.func
    is_async = iscoroutinefunction(function) or isasyncgenfunction(function)
    is_taken = is_async and internals.asyncio_mode(config) == "auto"
    if not internals.is_marked_for_asyncio(function, is_taken):
        return None
    default = config.getini("asyncio_default_fixture_loop_scope")
    loop = internals.loop_scope_of(function) or default
    return fixture.scope if loop in (None, "fixture-scope") else str(loop)


def is_bound(value: object) -> bool:
    """Tell whether a value refers to an event loop, or to an object of asyncio."""
    return any(
        issubclass(kind, asyncio.AbstractEventLoop | asyncio.Future)
        or str(kind.__module__).startswith("asyncio.")
        for kind in map(type, reachable([value]))
    )


def decorator(scope: str, loop: str) -> str:
    """Return how a fixture of this scope and loop is declared."""
    return f'@pytest_asyncio.fixture(scope="{scope}", loop_scope="{loop}")'


def pytest_plugin_registered(plugin: object) -> None:
    """Name the fixtures of a conftest that pytest-asyncio ignores."""
    if type(plugin) is type(pytest):
        for each in vars(plugin).values():
            check_dead(each)


def pytest_pycollect_makeitem(obj: object) -> None:
    check_dead(obj)


def check_dead(each: Any) -> None:
    if type(each) is FixtureFunction and getattr(each, "name", "") in DEAD:
        found(
            GUARD,
            "dead override",
            f"fixture {name_of(each.name, each)} has no effect: pytest-asyncio ignores it.\n"
            "Delete it; set asyncio_default_fixture_loop_scope and\n"
            "asyncio_default_test_loop_scope in [tool.pytest], or use the hook\n"
            "pytest_asyncio_loop_factories",
        )
