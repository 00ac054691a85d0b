"""The event loop of all tests and async fixtures: uvloop's."""

import asyncio
from collections.abc import Callable

import pytest

from tests.guards.uvloop import Loop


@pytest.fixture(scope="session")
def _asyncio_loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """What pytest-asyncio makes its loops with.

    Its hook `pytest_asyncio_loop_factories` would do, were it not that, up to 1.5, the
    async fixtures of sync tests miss it, and wide fixtures are made anew for each test.
    """
    return Loop
