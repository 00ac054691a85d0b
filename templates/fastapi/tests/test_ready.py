{% set database = cookiecutter.database != "none" -%}
{% set redis = cookiecutter.redis -%}
{% set names = ["database"] * database + ["redis"] * redis -%}
"""Readiness: whether what the application needs responds within a deadline."""

import asyncio
{% if database -%}
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
{% endif -%}
{% if database -%}
from typing import Any
{% endif -%}
from unittest.mock import patch

import pytest
from fastapi import FastAPI
from {{ cookiecutter.__asgi_client }} import AsyncClient


class Unreachable:
    """A server that does not respond, or refuses to."""

    def __init__(self, failure: str) -> None:
        self._failure = failure

    async def ping(self) -> None:
        if self._failure == "refuses":
            raise ConnectionRefusedError
        await asyncio.Event().wait()
{%- if database %}

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Any]:
        await self.ping()
        yield
{%- endif %}


{{ cookiecutter.__async_test }}async def test_ready(client: AsyncClient) -> None:
    response = await client.get("/ready")

    checks = { {%- for name in names %}"{{ name }}": True{{ ", " if not loop.last }}{% endfor -%} }
    assert (response.status_code, response.json()) == (200, {"checks": checks})


{{ cookiecutter.__async_test }}@pytest.mark.parametrize("failure", ["refuses", "hangs"])
@pytest.mark.parametrize("name", [{% for name in names %}"{{ name }}"{{ ", " if not loop.last }}{% endfor %}])
async def test_not_ready_but_alive(
    app: FastAPI, client: AsyncClient, name: str, failure: str
) -> None:
    deadline = 0.01 if failure == "hangs" else 60
    with (
        patch.object(app.state, name, Unreachable(failure)),
        patch.object(app.state.settings, "ready_timeout", deadline),
    ):
        response = await client.get("/ready")
        assert (await client.get("/health")).status_code == 200

    assert response.status_code == 503
    assert response.json()["checks"][name] is False
