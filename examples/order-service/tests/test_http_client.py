"""The HTTP client in tests: with a server on this machine, and without a socket."""

import pytest
from httpx2 import ConnectError, Response
from pytest_httpserver import HTTPServer

from order_service.http_client import (
    HttpClient,
    open_http_client,
)


async def test_request(http_client: HttpClient, api_server: HTTPServer) -> None:
    api_server.expect_oneshot_request("/greeting").respond_with_json({"text": "hello"})

    response = await http_client.get(api_server.url_for("/greeting"))

    assert (response.status_code, response.json()) == (200, {"text": "hello"})


async def test_refused_connection(http_client: HttpClient, refusing_url: str) -> None:
    with pytest.raises(ConnectError):
        await http_client.get(refusing_url)


@pytest.mark.parametrize("run", ["first", "second"])
async def test_request_without_a_socket(
    in_process_client: HttpClient, in_process_responses: dict[str, Response], run: str
) -> None:
    response = await in_process_client.get("http://api.test/greeting")
    assert response.status_code == 404, f"a response of another test met the {run} run"

    in_process_responses["/greeting"] = Response(200, text="hello")

    response = await in_process_client.get("http://api.test/greeting")
    assert (response.status_code, response.text) == (200, "hello")


async def test_client_of_the_project(api_server: HTTPServer) -> None:
    api_server.expect_request("/greeting").respond_with_data("hello")

    async with open_http_client() as client:
        response = await client.get(api_server.url_for("/greeting"))

    assert response.text == "hello"
