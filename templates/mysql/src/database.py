"""The MySQL database: its connections, its transactions and its schema."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import uuid4

import asyncmy
from asyncmy.pool import Pool

from .discovery import import_modules

Connection = asyncmy.Connection

CONNECT_TIMEOUT = 10  # seconds, for a connection that is ready

SCHEMA: list[str] = []  # statements that create the tables: each store adds its own


@asynccontextmanager
async def connect(database_url: str) -> AsyncIterator[Connection]:
    """Open a database `mysql://…`, and close it in the end.

    `transaction` alone begins and ends transactions.
    """
    async with asyncio.timeout(CONNECT_TIMEOUT):
        connection = await asyncmy.connect(**arguments_of(database_url))
    try:
        yield connection
    finally:
        await connection.ensure_closed()


{% include "mysql/src/arguments.py" %}

async def execute(
    connection: Connection, statement: str, *values: object
) -> list[tuple[Any, ...]]:
    """Execute a statement and return its rows."""
    async with connection.cursor() as cursor:
        await cursor.execute(statement, values or None)
        return list(await cursor.fetchall())


@asynccontextmanager
async def transaction(connection: Connection) -> AsyncIterator[None]:
    """Keep everything done inside it, or nothing if it fails; may be nested."""
    # MySQL forgets a savepoint when another one of the same name is made inside it.
    savepoint = f"SAVEPOINT inner_{uuid4().hex}"
    is_nested = connection.get_transaction_status()
    begin, commit, rollback = (
        (savepoint, f"RELEASE {savepoint}", f"ROLLBACK TO {savepoint}")
        if is_nested
        else ("BEGIN", "COMMIT", "ROLLBACK")
    )
    await execute(connection, begin)
    try:
        yield
    except BaseException:
        # A cancelled statement has closed the connection, and so rolled back.
        if connection.connected:
            await execute(connection, rollback)
        raise
    await execute(connection, commit)


class Database:
    """A pool of connections, which are made when they are needed."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Connection]:
        """Yield a connection in a transaction, which an error rolls back."""
        async with AsyncExitStack() as stack:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                connection = await stack.enter_async_context(self._pool.acquire())
            await stack.enter_async_context(transaction(connection))
            yield connection


@asynccontextmanager
async def open_database(database_url: str) -> AsyncIterator[Database]:
    """Open the database, and close it at the end."""
    async with asyncmy.create_pool(minsize=0, **arguments_of(database_url)) as pool:
        yield Database(pool)


async def create_schema(database_url: str) -> None:
    """Create the tables of all `…_store` modules in an empty database."""
    import_modules("store")
    async with connect(database_url) as connection:
        for statement in SCHEMA:
            await execute(connection, statement)
