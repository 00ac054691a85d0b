{% set server = cookiecutter.database in ("postgresql", "mysql") -%}
{% set redis = cookiecutter.redis and cookiecutter.web_framework == "fastapi" -%}
{% set is_sqlalchemy = cookiecutter.__store == "sqlalchemy" -%}
{% set driver = {"postgresql": "asyncpg", "mysql": "asyncmy"}.get(cookiecutter.database, "") -%}
{% if is_sqlalchemy and driver == "asyncmy" %}{% set driver = "" %}{% endif -%}
{% set errors = {"asyncpg": ["asyncpg.PostgresError"], "asyncmy": ["asyncmy.errors.MySQLError"], "": []}[driver] + ["SQLAlchemyError"] * is_sqlalchemy -%}
"""Whether the servers of the settings can be used, and the reason if they cannot."""

{% if cookiecutter.database == "sqlite" -%}
import sqlite3
from contextlib import closing
{% endif -%}
from urllib.parse import urlsplit
{% if server or redis %}
{% if driver -%}
import {{ driver }}
{% endif -%}
{% if redis -%}
from redis.exceptions import RedisError
{% endif -%}
{% if server and is_sqlalchemy -%}
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
{% endif %}
{% if server -%}
from .database import open_database
{% endif -%}
{% if redis -%}
from .redis_client import connect
{% endif -%}
{% endif %}

class CannotConnectError(Exception):
    """A server cannot be used: one line with the setting, the server and the reason."""

    def __init__(self, setting: str, url: str, error: Exception) -> None:
        parts = urlsplit(url)
        server = parts.netloc.rpartition("@")[2] + parts.path
        reason = str(getattr(error, "orig", error)).partition("\n")[0]
{% if server or redis %}        if parts.netloc and "@" in parts.path + parts.query + parts.fragment:
            # Part of the password may be where the server should be.
            server = "this URL"
            reason = "percent-encode special characters of the password: %40 for @"
{% endif %}        super().__init__(
            f"{setting}: cannot connect to {server}: {reason or 'no response in time'}"
        )
{% if cookiecutter.database == "sqlite" %}

async def check_database(database_url: str) -> None:
    """Open the database; CannotConnectError says why that is impossible."""
    try:
        with closing(sqlite3.connect(database_url, uri=True)) as connection:
            connection.execute("PRAGMA schema_version")
    except sqlite3.Error as error:
        raise CannotConnectError("DATABASE_URL", database_url, error) from error
{% elif server %}

async def check_database(database_url: str) -> None:
    """Connect once; CannotConnectError says why that is impossible."""
    try:
        async with open_database(database_url) as database, database.begin(){{ " as session" * is_sqlalchemy }}:
            {{ 'await session.execute(text("SELECT 1"))' if is_sqlalchemy else "pass" }}
    except (OSError, ValueError, {{ errors | join(", ") }}) as error:
        raise CannotConnectError("DATABASE_URL", database_url, error) from error
{% endif %}
{%- if redis %}

async def check_redis(redis_url: str, seconds: float) -> None:
    """Send a PING; CannotConnectError says why there is no response in time."""
    try:
        async with connect(redis_url, timeout=seconds) as redis:
            await redis.ping()
    except (OSError, ValueError, RedisError) as error:
        raise CannotConnectError("REDIS_URL", redis_url, error) from error
{% endif -%}
