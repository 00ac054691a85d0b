{% set database = cookiecutter.database != "none" -%}
{% set server = cookiecutter.database in ("postgresql", "mysql") -%}
{% set app = cookiecutter.web_framework == "fastapi" -%}
{% set redis = cookiecutter.redis and app -%}
{% set package = cookiecutter.package_name -%}
{% set timeout = package ~ (".engine" if cookiecutter.__store == "sqlalchemy" else ".database") ~ ".CONNECT_TIMEOUT" -%}
"""Servers that cannot be used are named: by setting and address, without passwords."""

{% if app and database -%}
import runpy
{% endif -%}
{% if server or redis -%}
import socket
from collections.abc import Iterator
{% endif -%}
{% if cookiecutter.database == "sqlite" -%}
from pathlib import Path
{% endif %}
import pytest

{% if app -%}
from {{ package }}.app import create_app
{% endif -%}
from {{ package }}.checks import (
    CannotConnectError,
{%- if database %}
    check_database,
{%- endif %}
{%- if redis %}
    check_redis,
{%- endif %}
)
{% if app -%}
from {{ package }}.settings import Settings

from .fixtures.app import serving
{% if database %}
COMMAND = "{{ package }}.create_schema"
{% endif -%}
{% endif %}
{%- if server or redis %}

@pytest.fixture(params=["refuses", "is silent"])
def unusable(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a server that refuses connections, or says nothing."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if request.param == "is silent":
            server.listen()
        yield f"127.0.0.1:{server.getsockname()[1]}"
{% endif %}
{%- if cookiecutter.database == "sqlite" %}

@pytest.fixture
def unusable_database_url(tmp_path: Path) -> str:
    """The URL of a database in a folder that does not exist."""
    return (tmp_path / "nowhere" / "name.sqlite").as_uri()
{% elif server %}

@pytest.fixture
def unusable_database_url(unusable: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a database whose server cannot be used."""
    monkeypatch.setattr(
        "{{ timeout }}",
        0.05,
    )
    return f"{{ cookiecutter.database }}://user:secret@{unusable}/name"
{% endif %}
{%- if database %}

{{ cookiecutter.__async_test }}async def test_database_that_can_be_used(database_url: str) -> None:
    await check_database(database_url)


{{ cookiecutter.__async_test }}async def test_database_that_cannot_be_used(unusable_database_url: str) -> None:
    with pytest.raises(CannotConnectError) as raised:
        await check_database(unusable_database_url)

    assert str(raised.value).startswith("DATABASE_URL: cannot connect to ")
    assert "name" in str(raised.value)
    assert "secret" not in str(raised.value)
{% endif %}
{%- if server %}

{{ cookiecutter.__async_test }}async def test_password_that_is_not_encoded_is_not_shown(
    unusable_database_url: str,
) -> None:
    url = unusable_database_url.replace("/name", "/part@host/name")

    with pytest.raises(CannotConnectError, match="percent-encode") as raised:
        await check_database(url)

    assert "part" not in str(raised.value)
{% endif %}
{%- if redis %}

{{ cookiecutter.__async_test }}async def test_redis_that_can_be_used(redis_url: str) -> None:
    await check_redis(redis_url, 60)


{{ cookiecutter.__async_test }}async def test_redis_that_cannot_be_used(unusable: str) -> None:
    with pytest.raises(CannotConnectError, match=f"REDIS_URL: .* {unusable}") as raised:
        await check_redis(f"redis://:secret@{unusable}", 0.05)

    assert "secret" not in str(raised.value)
{% endif %}
{%- if app %}

{% set setting = "database" if database else "redis" -%}
def test_application_starts_with_its_servers_only(
    settings: Settings, {{ "unusable_database_url" if database else "unusable" }}: str, caplog: pytest.LogCaptureFixture
) -> None:
    wrong: dict[str, object] = {"{{ setting }}_url": {{ "unusable_database_url" if database else 'f"redis://:secret@{unusable}"' }}}
{%- if not database %}
    wrong["redis_timeout"] = 0.05
{%- endif %}
    app = create_app(settings.model_copy(update=wrong))

    with pytest.raises(RuntimeError, match="does not start"), serving(app):
        pytest.fail("it runs")

    assert "{{ setting | upper }}_URL: cannot connect to " in caplog.text
    assert "Traceback" not in caplog.text
{% endif %}
{%- if app and database %}

def test_command_creates_the_schema(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = []

    async def create_schema(url: str) -> None:
        created.append(url)

    monkeypatch.setattr(
        "{{ package }}.database.create_schema",
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
{% endif -%}
