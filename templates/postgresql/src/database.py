"""The PostgreSQL database: its connections, its transactions and its schema."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from .discovery import import_modules

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = (
        asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    )
else:  # asyncpg's own classes have no parameters
    Pool = asyncpg.Pool
    Connection = asyncpg.Connection | PoolConnectionProxy

CONNECT_TIMEOUT = 10  # seconds

SCHEMA: list[str] = []  # statements that create the tables: each store adds its own


class Database:
    """A pool of connections, which are made when they are needed."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Connection]:
        """Yield a connection in a transaction, which an error rolls back."""
        async with self._pool.acquire() as connection, connection.transaction():
            yield connection


@asynccontextmanager
async def open_database(database_url: str) -> AsyncIterator[Database]:
    """Open the database, and close it at the end."""
    async with asyncpg.create_pool(
        database_url, min_size=0, timeout=CONNECT_TIMEOUT
    ) as pool:
        yield Database(pool)


async def create_schema(database_url: str) -> None:
    """Create the tables of all `…_store` modules in an empty database."""
    import_modules("store")
    connection = await asyncpg.connect(database_url, timeout=CONNECT_TIMEOUT)
    try:
        for statement in SCHEMA:
            await connection.execute(statement)
    finally:
        await connection.close()
