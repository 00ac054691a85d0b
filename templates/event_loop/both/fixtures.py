"""The event loops of all tests and async fixtures: asyncio's, then uvloop's."""

import asyncio
from inspect import isasyncgenfunction, iscoroutinefunction

import pytest

from tests.guards.uvloop import Loop

FACTORY = "_asyncio_loop_factory"  # what pytest-asyncio makes its loops with


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run twice what needs an event loop: async tests, and sync ones on async fixtures.

    pytest-asyncio's hook `pytest_asyncio_loop_factories` would do, were it not that, up
    to 1.5, the async fixtures of sync tests miss it, and wide fixtures are made anew for
    each test.
    """
    runs_on_loop = metafunc.definition.get_closest_marker("asyncio") is not None
    if not runs_on_loop and not is_async(metafunc.function):
        fixtures = metafunc._arg2fixturedefs.values()
        runs_on_loop = any(is_async(definitions[-1].func) for definitions in fixtures)
    if runs_on_loop:
        loops = {"asyncio": asyncio.new_event_loop, "uvloop": Loop}
        metafunc.fixturenames.append(FACTORY)
        metafunc.parametrize(
            FACTORY, loops.values(), ids=loops, indirect=True, scope="session"
        )


def is_async(function: object) -> bool:
    return iscoroutinefunction(function) or isasyncgenfunction(function)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Change the loop first of all, which ends the fixtures of the other loop."""
    for item in items:
        if FACTORY in getattr(getattr(item, "callspec", None), "params", ()):
            assert isinstance(item, pytest.Function)
            if item.fixturenames[0] != FACTORY:
                item.fixturenames.insert(0, FACTORY)
