"""How the HTTP client is used: with a server on this machine."""

import pytest
from aiohttp import ClientConnectorError
from pytest_httpserver import HTTPServer

from {{ cookiecutter.package_name }}.http_client import (
    HttpClient,
    open_http_client,
)


{{ cookiecutter.__async_test }}async def test_request(http_client: HttpClient, api_server: HTTPServer) -> None:
    api_server.expect_oneshot_request("/greeting").respond_with_json({"text": "hello"})

    async with http_client.get(api_server.url_for("/greeting")) as response:
        assert (response.status, await response.json()) == (200, {"text": "hello"})


{{ cookiecutter.__async_test }}async def test_refused_connection(http_client: HttpClient, refusing_url: str) -> None:
    with pytest.raises(ClientConnectorError):
        await http_client.get(refusing_url)


{{ cookiecutter.__async_test }}async def test_client_of_the_project(api_server: HTTPServer) -> None:
    api_server.expect_request("/greeting").respond_with_data("hello")

    async with (
        open_http_client() as client,
        client.get(api_server.url_for("/greeting")) as response,
    ):
        assert await response.text() == "hello"
