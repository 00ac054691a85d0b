from __future__ import annotations

import asyncio

from courier import Courier, connect


async def test_echo(courier: Courier, greeting: str) -> None:
    assert await courier.send(greeting) == greeting


async def test_connects(port: int) -> None:
    courier = await connect(port)
    assert await courier.send("a") == "a"


async def test_is_closed(port: int) -> None:
    courier = await connect(port)
    courier.close()


async def test_limit(courier: Courier, limit: asyncio.Semaphore) -> None:
    async with limit:
        assert await courier.send("a") == "a"
