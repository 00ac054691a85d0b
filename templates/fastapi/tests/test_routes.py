{% set database = cookiecutter.database != "none" -%}
{% set client = cookiecutter.http_client != "none" -%}
{% set session = cookiecutter.__session -%}
{% set given = ["SettingsDep"] + ["HttpClientDep"] * client + [session | capitalize ~ "Dep"] * database -%}
{% set settings = "app_settings" if database else "settings" -%}
"""Tests of routes, in process and over a socket.

The application includes this module as if it were one of its modules `…_routes`.
"""

import sys
from collections.abc import AsyncIterator
{%- if database %}, Awaitable, Callable{% endif %}
from http import HTTPStatus

import pytest
import pytest_asyncio
from fastapi import APIRouter, FastAPI, HTTPException, WebSocket
from {{ cookiecutter.__asgi_client }} import AsyncClient
{% if client -%}
from pytest_httpserver import HTTPServer
{% endif -%}
{% if session == "session" and database -%}
from sqlalchemy.ext.asyncio import AsyncSession
{% endif -%}
from websockets.asyncio.client import connect

from {{ cookiecutter.package_name }}.app import create_app
{% if database and session == "connection" -%}
from {{ cookiecutter.package_name }}.database import Connection
{% endif -%}
from {{ cookiecutter.package_name }}.dependencies import (
{%- for name in given | sort %}
    {{ name }},
{%- endfor %}
)
from {{ cookiecutter.package_name }}.settings import Settings

from .fixtures.app import running
{% if database -%}
from .notes import NOTES, add_note, read_notes
{% endif %}
router = APIRouter()


class SoldOutError(Exception):
    """An exception of the project itself."""


RESPONSES = {SoldOutError: HTTPException(HTTPStatus.CONFLICT, "Sold out.")}


@router.get("/tickets")
async def tickets() -> None:
    raise SoldOutError


@router.get("/settings")
async def get_settings(settings: SettingsDep) -> Settings:
    return settings


@router.websocket("/echo")
async def echo(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(await socket.receive_text())
    await socket.close()
{% if database %}

@router.post("/notes")
async def post_note({{ session }}: {{ session | capitalize }}Dep) -> None:
    await add_note({{ session }}, "of a request")
{% endif %}
{%- if client %}

@router.get("/greeting")
async def greeting(http_client: HttpClientDep, settings: SettingsDep) -> str:
{%- if cookiecutter.http_client == "aiohttp" %}
    async with http_client.get(f"{settings.api_url}/greeting") as response:
        return await response.text()
{%- else %}
    response = await http_client.get(f"{settings.api_url}/greeting")
    return response.text
{%- endif %}
{% endif %}

@pytest.fixture(autouse=True)
def routes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let applications include only this module, and none of the project's."""
    module = sys.modules[__name__]
    monkeypatch.setattr(
        "{{ cookiecutter.package_name }}.app.import_modules",
        lambda _: [module],
    )


@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def app(routes: None, {{ settings }}: Settings) -> AsyncIterator[FastAPI]:
    """The application for `client`: in this module, a new one for each test."""
    app = create_app({{ settings }})
    async with running(app):
        yield app


{{ cookiecutter.__async_test }}async def test_exception_becomes_a_response(client: AsyncClient) -> None:
    response = await client.get("/tickets")

    assert (response.status_code, response.json()) == (409, {"detail": "Sold out."})


{{ cookiecutter.__async_test }}async def test_route_gets_the_settings(
    client: AsyncClient,
    {{ settings }}: Settings,
) -> None:
    response = await client.get("/settings")

    assert Settings.model_validate(response.json()) == {{ settings }}


{{ cookiecutter.__async_test }}async def test_websocket(live_server_url: str) -> None:
    url = live_server_url.replace("http", "ws") + "/echo"

    async with connect(url, proxy=None) as socket:
        await socket.send("hello")
        assert await socket.recv() == "hello"
{% if database %}

{{ cookiecutter.__async_test }}async def test_request_is_inside_the_transaction_of_the_test(
    client: AsyncClient,
    {{ session }}: {{ "AsyncSession" if session == "session" else "Connection" }},
    run_sql: Callable[[str], Awaitable[object]],
) -> None:
    await run_sql(f"CREATE TEMPORARY TABLE {NOTES}")

    assert (await client.post("/notes")).status_code == 200

    assert await read_notes({{ session }}) == ["of a request"]
{% endif %}
{%- if client %}

{{ cookiecutter.__async_test }}async def test_route_calls_the_remote_api(
    client: AsyncClient, api_server: HTTPServer
) -> None:
    api_server.expect_oneshot_request("/greeting").respond_with_data("hello")

    assert (await client.get("/greeting")).json() == "hello"
{% endif -%}
