"""Readiness: whether what the application needs responds within a deadline."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import patch

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient


class Unreachable:
    """A server that does not respond, or refuses to."""

    def __init__(self, failure: str) -> None:
        self._failure = failure

    async def ping(self) -> None:
        if self._failure == "refuses":
            raise ConnectionRefusedError
        await asyncio.Event().wait()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Any]:
        await self.ping()
        yield


async def test_ready(client: AsyncClient) -> None:
    response = await client.get("/ready")

    checks = {"database": True, "redis": True}
    assert (response.status_code, response.json()) == (200, {"checks": checks})


@pytest.mark.parametrize("failure", ["refuses", "hangs"])
@pytest.mark.parametrize("name", ["database", "redis"])
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
