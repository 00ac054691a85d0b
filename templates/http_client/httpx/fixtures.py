"""The HTTP client of the tests, and the API through it or without any network."""

import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial

import {{ cookiecutter.http_client }}
import pytest
import pytest_asyncio

from {{ cookiecutter.package_name }}.api import UserApi

Answers = dict[str, {{ cookiecutter.http_client }}.Response]


@pytest.fixture(scope="session")
def ssl_context() -> ssl.SSLContext:
    """No certificates, which take long to load: the API of the tests is plain HTTP.

    `ssl.create_default_context()` trusts those of this machine.
    """
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@pytest_asyncio.fixture(scope="{{ cookiecutter.fixture_loop_scope }}", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def http_client(ssl_context: ssl.SSLContext) -> AsyncIterator[{{ cookiecutter.http_client }}.AsyncClient]:
    """A client with its pool of connections, as long as the event loop."""
    # Not the proxy of the environment: the API of the tests is on this machine.
    async with {{ cookiecutter.http_client }}.AsyncClient(verify=ssl_context, trust_env=False) as client:
        yield client


@pytest.fixture
def make_api(http_client: {{ cookiecutter.http_client }}.AsyncClient) -> Callable[..., UserApi]:
    """Make a `UserApi` from a base URL and, if you like, a timeout in seconds."""
    http_client.cookies.clear()  # those of other tests
    return partial(UserApi, http_client)


@pytest.fixture(scope="session")
def answers_of_this_run() -> Answers:
    """What `answers` gives to each test, and empties after it."""
    return {}


@pytest.fixture
def answers(answers_of_this_run: Answers) -> Iterator[Answers]:
    """What `in_process_api` answers, by path; anything else is a 404."""
    yield answers_of_this_run
    answers_of_this_run.clear()


@pytest_asyncio.fixture(scope="{{ cookiecutter.fixture_loop_scope }}", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def in_process_client(
    answers_of_this_run: Answers,
) -> AsyncIterator[{{ cookiecutter.http_client }}.AsyncClient]:
    """A client without server or socket, as long as the event loop."""

    def answer(request: {{ cookiecutter.http_client }}.Request) -> {{ cookiecutter.http_client }}.Response:
        return answers_of_this_run.get(request.url.path) or {{ cookiecutter.http_client }}.Response(404)

    transport = {{ cookiecutter.http_client }}.MockTransport(answer)
    async with {{ cookiecutter.http_client }}.AsyncClient(transport=transport) as client:
        yield client


@pytest.fixture
def in_process_api(in_process_client: {{ cookiecutter.http_client }}.AsyncClient) -> UserApi:
    """The API through it: its requests are answered from `answers`."""
    in_process_client.cookies.clear()  # those of other tests
    return UserApi(in_process_client, "http://api.test")
