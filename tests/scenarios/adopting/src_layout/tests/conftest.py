"""Fixtures for all tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from courier import Courier, connect, echo

pytest_plugins = [
    "pytester",
]


@pytest_asyncio.fixture(loop_scope="function")
async def port() -> AsyncIterator[int]:
    async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


@pytest_asyncio.fixture(loop_scope="function")
async def courier(port: int) -> AsyncIterator[Courier]:
    courier = await connect(port)
    yield courier
    await courier.close()


@pytest_asyncio.fixture(scope="session")
async def limit() -> asyncio.Semaphore:
    """At most two at the same time."""
    return asyncio.Semaphore(2)


@pytest_asyncio.fixture(scope="session")
async def greeting() -> str:
    return "hello"
