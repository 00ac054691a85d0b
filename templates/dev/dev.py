{% set migrated = cookiecutter.__migrations == "alembic" -%}
"""Start everything for development: `uv run dev.py`.

It starts a server for each variable that is not set, and keeps their data in `.dev`.
"""

import argparse
{% if cookiecutter.database != "none" -%}
import asyncio
{% endif -%}
import os
import shlex
import socket
import sqlite3
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import uvicorn

{% if cookiecutter.database != "none" -%}
from {{ cookiecutter.package_name }}.database import create_schema
{% endif -%}
from {{ cookiecutter.package_name }}.settings import Settings

PROJECT = Path(__file__).resolve().parent
DATA = PROJECT / ".dev"


def main() -> None:
    """Start what is missing, serve the application with reload, stop at Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    port = free_port(parser.parse_args().port)
    DATA.mkdir(exist_ok=True)
    with ExitStack() as stack:
        lock = sqlite3.connect(DATA / "lock", timeout=0, isolation_level=None)
        stack.callback(lock.close)
        try:
            lock.execute("BEGIN EXCLUSIVE")  # ends with this process, even if killed
        except sqlite3.OperationalError:
            sys.exit(f"dev.py is running already, with its data in {DATA}.")
{%- if cookiecutter.database != "none" %}
        if "DATABASE_URL" not in os.environ:
            os.environ["DATABASE_URL"] = start_database(stack)
{%- endif %}
{%- if cookiecutter.redis %}
        if "REDIS_URL" not in os.environ:
            os.environ["REDIS_URL"] = start_cache(stack)
{%- endif %}
{%- if cookiecutter.http_client != "none" %}
        os.environ.setdefault("API_URL", "https://api.example.com")
{%- endif %}
        print("\nThe settings, for commands in other terminals:\n")
        for name in map(str.upper, Settings.model_fields):
            if name in os.environ:
                print(f"  export {name}={shlex.quote(os.environ[name])}")
        print(f"\nThe application: http://127.0.0.1:{port}/docs\n", flush=True)
        uvicorn.run(
            "{{ cookiecutter.package_name }}.app:create_app",
            factory=True,
            port=port,
            reload=True,  # watchfiles sees new modules, too
            reload_dirs=[str(PROJECT / "src")],
            timeout_graceful_shutdown=5,
        )


def free_port(wanted: int) -> int:
    """Return this port or, if it is taken, another one."""
    for port in (wanted, 0):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)) as server:
            return int(server.getsockname()[1])
    sys.exit("There is no free port on 127.0.0.1.")
{% if cookiecutter.database != "none" %}

def start_database(stack: ExitStack) -> str:
    """Start a database with the {{ "newest " if migrated }}schema and return its URL."""
{%- if cookiecutter.database == "postgresql" %}
    from tests.fixtures.database_urls import start_server

    url = stack.enter_context(start_server(DATA / "postgresql"))
{%- elif cookiecutter.database == "mysql" %}
    from tests.fixtures.database_urls import Server, start_server

    server = Server(stack.enter_context(start_server(DATA / "mysql")), prefix="")
    name = "{{ cookiecutter.package_name }}"
    create = f"CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4"
    asyncio.run(server.execute(create))
    url = server.url_of(name)
{%- else %}
    url = (DATA / "database.sqlite").as_uri()
{%- endif %}
{%- if migrated %}
    asyncio.run(create_schema(url))
{%- else %}
    created = DATA / "schema-was-created"
    if not created.exists():
        asyncio.run(create_schema(url))
        created.touch()
{%- endif %}
    return url
{% endif -%}
{% if cookiecutter.redis %}

def start_cache(stack: ExitStack) -> str:
    """Start Redis and return its URL."""
    from tests.fixtures.redis_server import find_redis, start_redis

    program = find_redis()
    if program is None:
        sys.exit("No Redis server: apt install valkey-server, or set REDIS_URL.")
    return stack.enter_context(start_redis(program, DATA / "redis")).url
{% endif %}

if __name__ == "__main__":
    try:
        main()
    except pytest.exit.Exception as error:  # from the servers of the tests
        sys.exit(str(error))
    except KeyboardInterrupt:
        pass
