"""The open database: as long as the event loop; a transaction of it: as long as a test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import asyncpg
import pytest
import pytest_asyncio

from {{ cookiecutter.package_name }}.store import UserStore

if TYPE_CHECKING:
    from {{ cookiecutter.package_name }}.store import Connection

NOT_OUR_TRANSACTION = (asyncpg.PostgresError, asyncpg.InterfaceError)
ROLLBACK = "ROLLBACK TO SAVEPOINT test; SELECT pg_advisory_unlock_all()"


@pytest_asyncio.fixture(scope="{{ cookiecutter.fixture_loop_scope }}", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def database(
    database_url: str,
) -> AsyncIterator[asyncpg.Pool[asyncpg.Record]]:
    """The database's pool of connections, as long as the event loop."""
    async with asyncpg.create_pool(database_url, min_size=0) as pool:
        yield pool


async def leave_as_it_is(_: object) -> None: ...


@pytest_asyncio.fixture(scope="{{ cookiecutter.fixture_loop_scope }}", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def rolled_back(
    database_url: str,
) -> AsyncIterator[asyncpg.Pool[asyncpg.Record]]:
    """The pool of `connection` alone, which leaves nothing that would be reset."""
    pool = asyncpg.create_pool(
        database_url, min_size=0, max_size=1, reset=leave_as_it_is
    )
    async with pool:
        yield pool


@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def connection(
    database: asyncpg.Pool[asyncpg.Record],
    rolled_back: asyncpg.Pool[asyncpg.Record],
    empty_database: Callable[[], Awaitable[None]],
) -> AsyncIterator[Connection]:
    """A connection in a transaction that is rolled back after the test."""
    async with rolled_back.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SAVEPOINT test")
        yield connection
        try:
            await connection.execute(ROLLBACK)
            await transaction.rollback()
            return
        except NOT_OUR_TRANSACTION:
            # The test has ended our transaction: what it left may be in the database.
            with suppress(asyncpg.InterfaceError):  # it may be closed
                connection.terminate()
    await database.expire_connections()
    await empty_database()


@pytest.fixture
def run_sql(connection: Connection) -> Callable[[str], Awaitable[object]]:
    """Run any statement on the connection of the store."""
    return connection.execute


@pytest.fixture
def store(connection: Connection) -> UserStore:
    """An empty store."""
    return UserStore(connection)
