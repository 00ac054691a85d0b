"""One asyncpg connection that two tasks use."""

import asyncio
from typing import Any

import asyncpg
import pytest


async def number(connection: Any, value: int) -> int:
    return int(await connection.fetchval(f"SELECT {value}"))  # the line of number


# test_wrong_fixture uses one Connection in two tasks at once(\n  tests/test_sharing_of_asyncpg.py:\d+ in number){2}
@pytest.mark.asyncio
async def test_wrong_fixture(connection: Any) -> None:
    with pytest.raises(asyncpg.InterfaceError):
        await asyncio.gather(number(connection, 1), number(connection, 2))


# uses one Connection in two tasks at once
@pytest.mark.asyncio
async def test_wrong_connection(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    results = await asyncio.gather(
        number(connection, 1), number(connection, 2), return_exceptions=True
    )
    await connection.close()
    assert isinstance(results[1], asyncpg.InterfaceError)


@pytest.mark.asyncio
async def test_right_one_after_the_other(connection: Any) -> None:
    for value in (1, 2):
        assert await asyncio.create_task(number(connection, value)) == value


@pytest.mark.asyncio
async def test_right_pool(database_url: str) -> None:
    async with asyncpg.create_pool(database_url, min_size=0, max_size=2) as pool:
        assert await asyncio.gather(*(pool.fetchval(f"SELECT {n}") for n in range(4))) == [
            *range(4)
        ]


@pytest.mark.asyncio
async def test_right_connection_for_each(database_url: str) -> None:
    async def own(value: int) -> int:
        connection = await asyncpg.connect(database_url)
        try:
            return await number(connection, value)
        finally:
            await connection.close()

    assert await asyncio.gather(own(1), own(2)) == [1, 2]


@pytest.mark.asyncio
async def test_right_close_interrupts(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    runs = asyncio.Event()
    connection.add_log_listener(lambda *_: runs.set())
    statement = "DO $$ BEGIN RAISE NOTICE 'runs'; PERFORM pg_sleep(60); END $$"
    waits = asyncio.create_task(connection.execute(statement))
    await runs.wait()

    await connection.close(timeout=9)

    with pytest.raises(asyncpg.QueryCanceledError):
        await waits
