"""The application as a whole: startup, shutdown, OpenAPI and overrides."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from order_service.app import create_app
from order_service.dependencies import get_settings
from order_service.settings import Settings

from .fixtures.app import Server, running, serving


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


def example_of_settings() -> dict[str, str]:
    """Return the variables of `.env.example`."""
    file = Path(__file__).parents[1] / ".env.example"
    lines = file.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and line[0] != "#")


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in example_of_settings().items():
        monkeypatch.setenv(name, value if name.endswith("_URL") else "7")

    settings = create_app().state.settings.model_dump()

    for name, value in settings.items():
        expected = example_of_settings()[name.upper()] if "_url" in name else "7"
        assert str(value).removesuffix(".0") == expected


async def refuse() -> None:
    raise ConnectionError("no database")


def test_missing_and_wrong_settings_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("JOB_LIMIT", "secret")
    fields = Settings.model_fields.items()
    required = [name.upper() for name, field in fields if field.is_required()]

    with pytest.raises(SystemExit) as stopped:
        create_app()

    lines = str(stopped.value).splitlines()
    assert {f"  {name} is missing" for name in required} < {*lines}
    assert "  JOB_LIMIT: Input should be a valid integer" in str(stopped.value)
    assert "secret" not in str(stopped.value)


@pytest.mark.parametrize(
    "wrong",
    ["", "secret", "ftp://user:secret@host/name", "{}://user:secret@host:port/"],
)
def test_wrong_url_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    example = example_of_settings()
    urls = {name for name in example if name.endswith("_URL")}
    for name, value in example.items():
        scheme = value.partition(":")[0]
        monkeypatch.setenv(name, wrong.format(scheme) if name in urls else value)

    with pytest.raises(SystemExit) as stopped:
        create_app()

    _, *lines = str(stopped.value).splitlines()
    assert {line.split(": Input should be a URL such as ")[0] for line in lines} == {
        f"  {name}" for name in urls
    }
    assert "secret" not in str(stopped.value)


def test_example_of_settings_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    example = example_of_settings()
    for name, value in example.items():
        monkeypatch.setenv(name, value)

    settings = create_app().state.settings.model_dump()

    assert {*example} == {*map(str.upper, settings)}
    for name, field in Settings.model_fields.items():
        assert field.is_required() or settings[name] == field.default


@asynccontextmanager
async def refuse_to_start(_: FastAPI) -> AsyncIterator[None]:
    await refuse()
    yield


@asynccontextmanager
async def refuse_to_stop(_: FastAPI) -> AsyncIterator[None]:
    yield
    await refuse()


class TestLifespan:
    async def test_startup_and_shutdown_run_in_one_task(self) -> None:
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

    async def test_failure_at_startup(self) -> None:
        with pytest.raises(ConnectionError, match="no database"):
            async with running(FastAPI(lifespan=refuse_to_start)):
                pytest.fail("it runs")

    async def test_failure_at_shutdown(self) -> None:
        with pytest.raises(ConnectionError, match="no database"):
            async with running(FastAPI(lifespan=refuse_to_stop)):
                pass

    async def test_server_without_application_ends(self) -> None:
        with (
            pytest.raises(RuntimeError, match="does not start"),
            serving(FastAPI(lifespan=refuse_to_start)),
        ):
            pytest.fail("it runs")

    async def test_server_finishes_requests_before_it_stops(
        self, settings: Settings
    ) -> None:
        app, stopping = create_app(settings), asyncio.Event()

        class StoppingServer(Server):
            async def shutdown(
                self, sockets: list[socket.socket] | None = None
            ) -> None:
                stopping.set()
                await super().shutdown(sockets)

        server = StoppingServer(app)

        @app.get("/slow")
        async def answer_while_stopping() -> str:
            server.should_exit = True
            await stopping.wait()
            return "done"

        with serving(app, server) as url:
            async with AsyncClient(
                base_url=url, verify=False, trust_env=False, timeout=None
            ) as client:
                response = await client.get("/slow")

        assert (response.status_code, response.json()) == (200, "done")
