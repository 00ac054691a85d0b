import json
import socket
from collections.abc import Callable
from threading import Barrier

import httpx2
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from my_async_project.api import (
    ApiUnavailableError,
    MalformedResponseError,
    UserApi,
)
from my_async_project.concurrency import map_bounded
from my_async_project.users import User, UserNotFoundError

ADA = User(1, "Ada", "ada@example.com")
ADA_AS_JSON = {"id": 1, "name": "Ada", "email": "ada@example.com"}


async def test_fetch(api: UserApi, api_server: HTTPServer) -> None:
    api_server.expect_oneshot_request("/users/1").respond_with_json(ADA_AS_JSON)

    assert await api.fetch(1) == ADA


async def test_missing_user(api: UserApi, api_server: HTTPServer) -> None:
    api_server.expect_request("/users/7").respond_with_data(status=404)

    with pytest.raises(UserNotFoundError, match="7"):
        await api.fetch(7)


async def test_server_error(api: UserApi, api_server: HTTPServer) -> None:
    api_server.expect_request("/users/1").respond_with_data(status=500)

    with pytest.raises(ApiUnavailableError, match="responded with 500"):
        await api.fetch(1)


@pytest.mark.parametrize(
    "body",
    ["<html>", "[]", '{"id": 1}', '{"id": "one", "name": "", "email": ""}'],
    ids=["no JSON", "no object", "no name", "no number"],
)
async def test_malformed_response(
    api: UserApi, api_server: HTTPServer, body: str
) -> None:
    api_server.expect_request("/users/1").respond_with_data(body)

    with pytest.raises(MalformedResponseError, match="not a user"):
        await api.fetch(1)


async def test_slow_response(make_api: Callable[..., UserApi]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent_server:
        url = f"http://127.0.0.1:{silent_server.getsockname()[1]}"
        with pytest.raises(ApiUnavailableError, match="no response"):
            await make_api(url, timeout=0.01).fetch(1)


async def test_refused_connection(
    make_api: Callable[..., UserApi], refusing_url: str
) -> None:
    with pytest.raises(ApiUnavailableError, match="no response"):
        await make_api(refusing_url).fetch(1)


async def test_requests_are_in_flight_at_the_same_time(
    api: UserApi, api_server: HTTPServer
) -> None:
    # The server responds to nobody before all three requests have arrived.
    all_asked = Barrier(3)

    def respond(request: Request) -> Response:
        all_asked.wait()
        return Response(json.dumps(ADA_AS_JSON))

    api_server.expect_request("/users/1").respond_with_handler(respond)

    assert await map_bounded(api.fetch, [1, 1, 1], limit=3) == [ADA, ADA, ADA]


async def test_fetch_without_a_socket(
    in_process_api: UserApi, in_process_responses: dict[str, httpx2.Response]
) -> None:
    in_process_responses["/users/1"] = httpx2.Response(200, json=ADA_AS_JSON)

    assert await in_process_api.fetch(1) == ADA
    with pytest.raises(UserNotFoundError):
        await in_process_api.fetch(2)
