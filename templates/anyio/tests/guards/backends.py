"""Backends: a test of AnyIO runs on the backend in its name.

In auto mode pytest-asyncio takes every async test, and those for Trio pass on asyncio.
For what is AnyIO's it is strict here: it takes what is marked for it, nothing else.
"""

from collections.abc import Generator
from inspect import iscoroutinefunction
from types import FunctionType
from typing import Any

import pytest
from pytest_asyncio import is_async_test

from .findings import refuse
from .locations import name_of


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, obj: object
) -> Generator[None, object, object]:
    is_async = type(obj) is FunctionType and iscoroutinefunction(obj)
    marks = getattr(obj, "pytestmark", []) if is_async else []
    with pytest.MonkeyPatch.context() as patch:
        if collector.get_closest_marker("anyio") or any(
            mark.name == "anyio" for mark in marks
        ):
            patch.setattr(collector.config.option, "asyncio_mode", "strict")
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(
    request: pytest.FixtureRequest,
) -> Generator[None, object, object]:
    __tracebackhide__ = True
    with pytest.MonkeyPatch.context() as patch:
        if "anyio_backend" in request.fixturenames:
            patch.setattr(request.config.option, "asyncio_mode", "strict")
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a test of AnyIO that pytest-asyncio would run, wholly or in a fixture."""
    __tracebackhide__ = True
    if "anyio_backend" not in getattr(item, "fixturenames", ()):
        return
    assert isinstance(item, pytest.Function)
    if is_async_test(item):
        refuse(
            "backends",
            "test on another backend",
            f"{item.name} would run on pytest-asyncio's loop, whatever its name says.\n"
            "Write @pytest.mark.anyio, and no @pytest.mark.asyncio",
            item,
        )
    for name, definitions in item._fixtureinfo.name2fixturedefs.items():
        function: Any = definitions[-1].func
        if getattr(function, "_force_asyncio_fixture", False):
            refuse(
                "backends",
                "fixture on another backend",
                f"{item.name} is AnyIO's, but uses fixture {name_of(name, function)},\n"
                "which runs on pytest-asyncio's loop. Write there @pytest.fixture, and\n"
                "let it use the fixture anyio_backend",
                item,
            )
