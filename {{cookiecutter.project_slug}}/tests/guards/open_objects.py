"""What a test must close: used by the guard against leaks."""

import asyncio
import inspect
from collections.abc import Callable
from contextlib import closing, suppress
from functools import wraps
from typing import Any

{% if cookiecutter.http_client == "aiohttp" -%}
import aiohttp
{% endif -%}
{% if cookiecutter.database == "sqlite" -%}
import aiosqlite
{% elif cookiecutter.database == "postgresql" -%}
import asyncpg
{% endif -%}
{% if cookiecutter.__client == "httpx" -%}
import {{ cookiecutter.http_client }}
{% elif cookiecutter.web_framework == "fastapi" -%}
import httpx2
{% endif -%}
import pytest
{% if cookiecutter.redis -%}
import redis
{% endif %}
from .locations import belongs_to_fixture, location_of_caller

# Classes, and how to see that an object is open. Add those of your libraries.
CLOSABLE: dict[type[Any], Callable[[Any], bool]] = {
    asyncio.BaseTransport: lambda transport: not transport.is_closing(),
    asyncio.Server: lambda server: server.is_serving(),
    asyncio.StreamWriter: lambda writer: not writer.is_closing(),
{% if cookiecutter.database == "sqlite" %}    aiosqlite.Connection: lambda connection: connection._connection is not None,
{% elif cookiecutter.database == "postgresql" %}    asyncpg.Connection: lambda connection: not connection.is_closed(),
    asyncpg.Pool: lambda pool: not pool.is_closing(),
{% endif %}{% if cookiecutter.__client == "httpx" %}    {{ cookiecutter.http_client }}.AsyncClient: lambda client: not client.is_closed,
{% elif cookiecutter.http_client == "aiohttp" %}    aiohttp.ClientSession: lambda session: not session.closed,
{% endif %}{% if cookiecutter.__asgi_client != cookiecutter.http_client and cookiecutter.web_framework == "fastapi" %}    {{ cookiecutter.__asgi_client }}.AsyncClient: lambda client: not client.is_closed,
{% endif %}{% if cookiecutter.redis %}    redis.asyncio.client.PubSub: lambda pubsub: pubsub.connection is not None,
    redis.asyncio.ConnectionPool: lambda pool: any(
        connection.is_connected for connection in pool._available_connections
    ),
{% endif %}}

made: list[tuple[Any, str]] = []  # since the test began, and where


def remember(patch: pytest.MonkeyPatch) -> None:
    """Note every object that code of this project makes."""

    def remembering(init: Callable[..., None]) -> Callable[..., None]:
        @wraps(init)
        def init_and_note(self: object, *args: Any, **kwargs: Any) -> None:
            init(self, *args, **kwargs)
            if place := location_of_caller():
                made.append((self, place))

        return init_and_note

    for kind in CLOSABLE:
        patch.setattr(kind, "__init__", remembering(kind.__init__))


def close_all(item: pytest.Function) -> list[str]:
    """Close what is still open, unless a fixture holds it, and return what it was."""
    still_open = []
    for thing, place in made:
        tests = (test for kind, test in CLOSABLE.items() if isinstance(thing, kind))
        if next(tests)(thing) and not belongs_to_fixture(thing, item):
            still_open.append(f"{type(thing).__name__} is open, made at {place}")
            close(thing)
    made.clear()
    return list(dict.fromkeys(still_open))


def close(thing: Any) -> None:
    """Close something in whatever way it can be closed from outside an event loop."""
    names = ("abort", "terminate", "stop", "aclose", "close")
    methods = (getattr(thing, name) for name in names if hasattr(thing, name))
    loop = asyncio.new_event_loop()
    with closing(loop), suppress(Exception):
        result = next(methods)()
        if inspect.isawaitable(result):
            loop.run_until_complete(result)
