"""The open database: as long as the event loop; a transaction of it: as long as a test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
import pytest_asyncio

from {{ cookiecutter.package_name }}.store import UserStore

if TYPE_CHECKING:
    from {{ cookiecutter.package_name }}.store import Connection

{% include "database/postgresql_rolled_back.py" %}

class Kept:
    """A connection that is kept, and opened again when it was closed."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: RolledBack | None = None

    async def open(self) -> RolledBack:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                self._url, connection_class=RolledBack
            )
        return self._connection

    async def close(self) -> None:
        if self._connection:
            await self._connection.close()


@pytest_asyncio.fixture(scope="{{ cookiecutter.fixture_loop_scope }}", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def rolled_back(database_url: str) -> AsyncIterator[Kept]:
    """What `connection` stands on: a pool would take longer than the transaction."""
    kept = Kept(database_url)
    yield kept
    await kept.close()


@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def connection(
    rolled_back: Kept, empty_database: Callable[[], Awaitable[None]]
) -> AsyncIterator[Connection]:
    """A connection in a transaction that is rolled back after the test."""
    connection = await rolled_back.open()
    transaction = connection.transaction()
    connection.form = BEGIN
    try:
        await transaction.start()
    except BaseException:
        connection.terminate()
        raise
    yield connection
    try:
        connection.form = ROLLBACK
        await transaction.rollback()
        if connection.listens:
            await connection.close()
        return
    except NOT_OUR_TRANSACTION:
        # The test has ended our transaction: what it left may be in the database.
        connection.terminate()
    await empty_database()


@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def database(
    fresh_database: str,
) -> AsyncIterator[asyncpg.Pool[asyncpg.Record]]:
    """A pool of connections to `fresh_database`."""
    async with asyncpg.create_pool(fresh_database, min_size=0) as pool:
        yield pool


@pytest.fixture
def run_sql(connection: Connection) -> Callable[[str], Awaitable[object]]:
    """Run any statement on the connection of the store."""
    return connection.execute


@pytest.fixture
def store(connection: Connection) -> UserStore:
    """An empty store."""
    return UserStore(connection)
