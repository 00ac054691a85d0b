"""Time and order under control: two markers for async tests, off unless a test asks."""

import asyncio
import functools
import selectors
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from inspect import iscoroutinefunction
from typing import Any

import pytest
from _pytest._code.code import ExceptionRepr

__tracebackhide__ = True  # reports show the test


def selector_of(marker: str) -> tuple[Any, Any]:
    """Return the running event loop, and the selector in which it waits."""
    try:
        loop: Any = asyncio.get_running_loop()
    except RuntimeError:
        pytest.fail(
            f"@pytest.mark.{marker} works on asyncio only.\n"
            "On Trio, give the backend a clock: trio.testing.MockClock",
            pytrace=False,
        )
    selector = getattr(loop, "_selector", None)
    if not isinstance(selector, selectors.BaseSelector):
        pytest.fail(
            f"@pytest.mark.{marker} does not work on {type(loop).__module__}.\n"
            "Run this test on asyncio's selector event loop.",
            pytrace=False,
        )
    return loop, selector


@contextmanager
def body_inside(
    item: pytest.Item, marker: str, manager: Callable[[], AbstractContextManager[Any]]
) -> Iterator[None]:
    """Run the body of an async test inside a context manager, on the test's loop."""
    test = getattr(item, "obj", None)
    if not iscoroutinefunction(test) or not isinstance(item, pytest.Function):
        if any(mark.name == marker for mark in item.own_markers):
            pytest.fail(f"@pytest.mark.{marker} is for async tests", pytrace=False)
        yield
        return

    @functools.wraps(test)
    async def inside(*args: Any, **kwargs: Any) -> None:
        __tracebackhide__ = True
        with manager():
            await test(*args, **kwargs)

    item.obj = inside
    try:
        yield
    finally:
        item.obj = test


def explain(report: pytest.TestReport, title: str, text: str) -> None:
    """Add a section to the report of a failure."""
    if isinstance(report.longrepr, ExceptionRepr):
        report.longrepr.addsection(title, text)
    else:
        report.sections.append((title, text))
