"""Loop scopes: who would use what another event loop made is refused, in words.

A connection, a client or a queue works on the event loop on which it was made; on
another one it fails ("attached to a different loop", "Event loop is closed") or hangs.
Plain data may be used on every loop: what can be pickled holds none.
"""

import pickle
from collections.abc import Generator, Iterable, Iterator, Mapping
from functools import cache
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any

import pytest
from pytest_asyncio import is_async_test

from .locations import location

SCOPES = ["function", "class", "module", "package", "session"]
Fixture = pytest.FixtureDef[Any]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(
    fixturedef: Fixture, request: Any
) -> Generator[None, object, object]:
    """Look at a fixture before it is set up."""
    __tracebackhide__ = True
    try:
        if loop := loop_of_fixture(fixturedef, request.config):
            used = used_by(fixturedef, request._fixture_defs)
            look_at_scope(fixturedef, loop)
            change = decorator(fixturedef.scope, "{loop}")
            who = f"{name_of(fixturedef)} is set up"
            look_at_used(who, loop, used, request.config, change)
        return (yield)
    except BaseException as error:
        # Otherwise the next test that wants this fixture meets a bare AssertionError.
        if fixturedef.cached_result is None:
            key, reason = fixturedef.cache_key(request), (error, error.__traceback__)
            fixturedef.cached_result = (None, key, reason)
        raise


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Look at an async test before it runs."""
    if is_async_test(item):
        marker = item.get_closest_marker("asyncio")
        asked = marker.kwargs.get("loop_scope") if marker else None
        loop = asked or item.config.getini("asyncio_default_test_loop_scope")
        change = '@pytest.mark.asyncio(loop_scope="{loop}")'
        used = item._request._fixture_defs.values()
        look_at_used(f"{item.name} runs", loop, used, item.config, change)


def look_at_scope(fixture: Fixture, loop: str) -> None:
    """Refuse a fixture that would outlive its own event loop."""
    if SCOPES.index(fixture.scope) > SCOPES.index(loop):
        pytest.fail(
            f"{name_of(fixture)} lives for a {fixture.scope}, its event loop for a {loop}.\n"
            f"Write {decorator(loop, loop)},\n"
            f'or, if it gives nothing but plain data, loop_scope="{fixture.scope}".',
            pytrace=False,
        )


def look_at_used(
    who: str, loop: str, used: Iterable[Fixture], config: pytest.Config, change: str
) -> None:
    """Refuse fixtures that were made on another loop than that of who uses them."""
    for fixture in used:
        other = loop_of_fixture(fixture, config) or loop
        if (
            other == loop
            or not fixture.cached_result
            or is_plain(fixture.cached_result[0])
        ):
            continue
        if other == config.getini("asyncio_default_test_loop_scope"):
            fix = f"there {change.format(loop=other)}"
        else:
            scope = min(fixture.scope, loop, key=SCOPES.index)
            fix = f"at '{fixture.argname}' {decorator(scope, loop)}"
        pytest.fail(
            f"{who} on the {loop} loop, but uses {name_of(fixture)},\n"
            f"which was made on the {other} loop and works only there.\nWrite {fix}",
            pytrace=False,
        )


def used_by(fixture: Fixture, active: Mapping[str, Fixture]) -> Iterator[Fixture]:
    """Yield what a fixture uses, also what it reaches through others."""
    for name in fixture.argnames:
        if (used := active.get(name)) and used is not fixture:
            yield from (used, *used_by(used, active))


@cache
def loop_of_fixture(fixture: Fixture, config: pytest.Config) -> str | None:
    """Return the scope of the loop of a fixture, if pytest-asyncio sets it up."""
    function = fixture.func
    mode = config.getoption("asyncio_mode") or config.getini("asyncio_mode")
    is_async = iscoroutinefunction(function) or isasyncgenfunction(function)
    if not getattr(function, "_force_asyncio_fixture", is_async and mode == "auto"):
        return None
    default = config.getini("asyncio_default_fixture_loop_scope")
    loop = getattr(function, "_loop_scope", None) or default
    return fixture.scope if loop in (None, "fixture-scope") else str(loop)


def is_plain(value: object) -> bool:
    """Tell whether a value may be used on every loop."""
    try:
        return b"asyncio." not in pickle.dumps(value)
    except Exception:  # noqa: BLE001 - whatever it is, it says no
        return False


@cache
def name_of(fixture: Fixture) -> str:
    """Return the name of a fixture and its line."""
    code = getattr(fixture.func, "__code__", None)
    line = location(code.co_filename, code.co_firstlineno, "") if code else None
    return f"fixture '{fixture.argname}' ({line or 'of a library'})"


def decorator(scope: str, loop: str) -> str:
    """Return how a fixture of this scope and loop is declared."""
    return f'@pytest_asyncio.fixture(scope="{scope}", loop_scope="{loop}")'
