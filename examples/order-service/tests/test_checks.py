"""Servers that cannot be used are named: by setting and address, without passwords."""

import runpy
import socket
from collections.abc import Iterator

import pytest

from order_service.app import create_app
from order_service.checks import (
    CannotConnectError,
    check_database,
    check_redis,
)
from order_service.settings import Settings

from .fixtures.app import serving

COMMAND = "order_service.create_schema"


@pytest.fixture(params=["refuses", "is silent"])
def unusable(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a server that refuses connections, or says nothing."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if request.param == "is silent":
            server.listen()
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def unusable_database_url(unusable: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a database whose server cannot be used."""
    monkeypatch.setattr(
        "order_service.engine.CONNECT_TIMEOUT",
        0.05,
    )
    return f"postgresql://user:secret@{unusable}/name"


async def test_database_that_can_be_used(database_url: str) -> None:
    await check_database(database_url)


async def test_database_that_cannot_be_used(unusable_database_url: str) -> None:
    with pytest.raises(CannotConnectError) as raised:
        await check_database(unusable_database_url)

    assert str(raised.value).startswith("DATABASE_URL: cannot connect to ")
    assert "name" in str(raised.value)
    assert "secret" not in str(raised.value)


async def test_password_that_is_not_encoded_is_not_shown(
    unusable_database_url: str,
) -> None:
    url = unusable_database_url.replace("/name", "/part@host/name")

    with pytest.raises(CannotConnectError, match="percent-encode") as raised:
        await check_database(url)

    assert "part" not in str(raised.value)


async def test_redis_that_can_be_used(redis_url: str) -> None:
    await check_redis(redis_url, 60)


async def test_redis_that_cannot_be_used(unusable: str) -> None:
    with pytest.raises(CannotConnectError, match=f"REDIS_URL: .* {unusable}") as raised:
        await check_redis(f"redis://:secret@{unusable}", 0.05)

    assert "secret" not in str(raised.value)


def test_application_starts_with_its_servers_only(
    settings: Settings, unusable_database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    wrong: dict[str, object] = {"database_url": unusable_database_url}
    app = create_app(settings.model_copy(update=wrong))

    with pytest.raises(RuntimeError, match="does not start"), serving(app):
        pytest.fail("it runs")

    assert "DATABASE_URL: cannot connect to " in caplog.text
    assert "Traceback" not in caplog.text


def test_command_creates_the_schema(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = []

    async def create_schema(url: str) -> None:
        created.append(url)

    monkeypatch.setattr(
        "order_service.database.create_schema",
        create_schema,
    )
    monkeypatch.setenv("DATABASE_URL", database_url)

    runpy.run_module(COMMAND, run_name="__main__")

    assert created == [database_url]


def test_command_names_a_database_that_cannot_be_used(
    unusable_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", unusable_database_url)

    with pytest.raises(SystemExit, match="DATABASE_URL: cannot connect to "):
        runpy.run_module(COMMAND, run_name="__main__")


def test_command_names_a_missing_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)

    with pytest.raises(SystemExit, match="DATABASE_URL is missing"):
        runpy.run_module(COMMAND, run_name="__main__")
