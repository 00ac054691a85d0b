"""The application as a whole: how it starts, stops, describes itself and is overridden."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from order_service.app import create_app
from order_service.dependencies import get_settings
from order_service.settings import Settings

from .fixtures.app import running, serving


async def test_health(client: AsyncClient) -> None:
    response = await client.get("/health")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_unknown_path(client: AsyncClient) -> None:
    assert (await client.get("/nowhere")).status_code == 404


async def test_openapi_describes_every_route(client: AsyncClient) -> None:
    openapi = (await client.get("/openapi.json")).json()

    assert "/health" in openapi["paths"]
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            responses = operation["responses"]
            succeeds = [code for code in responses if code.startswith("2")]
            assert succeeds, f"{method} {path}"
            assert "content" in responses[succeeds[0]], f"{method} {path}"


@pytest.mark.parametrize("run", ["first", "second"])
async def test_overrides_end_with_their_test(
    app: FastAPI, client: AsyncClient, run: str
) -> None:
    assert get_settings not in app.dependency_overrides, f"left to the {run} run"

    app.dependency_overrides[get_settings] = get_settings


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.setenv(name.upper(), "7")

    settings: Settings = create_app().state.settings

    assert {str(value) for value in settings.model_dump().values()} <= {"7", "7.0"}


async def refuse() -> None:
    raise ConnectionError("no database")


@asynccontextmanager
async def refuse_to_start(_: FastAPI) -> AsyncIterator[None]:
    await refuse()
    yield


@asynccontextmanager
async def refuse_to_stop(_: FastAPI) -> AsyncIterator[None]:
    yield
    await refuse()


class TestLifespan:
    async def test_start_and_stop_are_one_task(self) -> None:
        tasks: list[asyncio.Task[None] | None] = []

        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            tasks.append(asyncio.current_task())
            yield
            tasks.append(asyncio.current_task())

        async with running(FastAPI(lifespan=lifespan)):
            assert len(tasks) == 1

        assert tasks[0] is tasks[1]
        assert tasks[0] is not asyncio.current_task()

    async def test_failure_at_start(self) -> None:
        with pytest.raises(ConnectionError, match="no database"):
            async with running(FastAPI(lifespan=refuse_to_start)):
                pytest.fail("it runs")

    async def test_failure_at_stop(self) -> None:
        with pytest.raises(ConnectionError, match="no database"):
            async with running(FastAPI(lifespan=refuse_to_stop)):
                pass

    async def test_server_without_application_ends(self) -> None:
        with (
            pytest.raises(RuntimeError, match="does not start"),
            serving(FastAPI(lifespan=refuse_to_start)),
        ):
            pytest.fail("it runs")
