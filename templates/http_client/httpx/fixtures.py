"""The HTTP client of the tests, and the API through it or without any network."""

import ssl
from collections.abc import AsyncIterator, Callable
from functools import partial

import {{ cookiecutter.http_client }}
import pytest
import pytest_asyncio

from {{ cookiecutter.package_name }}.api import UserApi


@pytest.fixture(scope="session")
def ssl_context() -> ssl.SSLContext:
    """The certificates to trust: loading them takes longer than a whole test."""
    return ssl.create_default_context()


@pytest_asyncio.fixture(scope="{{ cookiecutter.fixture_loop_scope }}", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def http_client(ssl_context: ssl.SSLContext) -> AsyncIterator[{{ cookiecutter.http_client }}.AsyncClient]:
    """A client with its pool of connections, as long as the event loop."""
    # Not the proxy of the environment: the API of the tests is on this machine.
    async with {{ cookiecutter.http_client }}.AsyncClient(verify=ssl_context, trust_env=False) as client:
        yield client


@pytest.fixture
def make_api(http_client: {{ cookiecutter.http_client }}.AsyncClient) -> Callable[..., UserApi]:
    """Make a `UserApi` from a base URL and, if you like, a timeout in seconds."""
    return partial(UserApi, http_client)


@pytest.fixture
def answers() -> dict[str, {{ cookiecutter.http_client }}.Response]:
    """What `in_process_api` answers, by path; anything else is a 404."""
    return {}


@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def in_process_api(answers: dict[str, {{ cookiecutter.http_client }}.Response]) -> AsyncIterator[UserApi]:
    """The API without server or socket: its requests are answered from `answers`."""
    transport = {{ cookiecutter.http_client }}.MockTransport(
        lambda request: answers.get(request.url.path, {{ cookiecutter.http_client }}.Response(404))
    )
    async with {{ cookiecutter.http_client }}.AsyncClient(transport=transport) as client:
        yield UserApi(client, "http://api.test")
