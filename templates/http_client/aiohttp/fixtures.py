"""The HTTP client of the tests, and the API through it."""

from collections.abc import AsyncIterator, Callable
from functools import partial

import aiohttp
import pytest
import pytest_asyncio

from {{ cookiecutter.package_name }}.api import UserApi


@pytest_asyncio.fixture(scope="{{ cookiecutter.fixture_loop_scope }}", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def http_client() -> AsyncIterator[aiohttp.ClientSession]:
    """A client with its pool of connections, as long as the event loop."""
    async with aiohttp.ClientSession() as client:
        yield client


@pytest.fixture
def make_api(http_client: aiohttp.ClientSession) -> Callable[..., UserApi]:
    """Make a `UserApi` from a base URL and, if you like, a timeout in seconds."""
    http_client.cookie_jar.clear()  # those of other tests
    return partial(UserApi, http_client)
