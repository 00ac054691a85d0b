"""The open database: as long as the event loop; a transaction of it: as long as a test."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import aiosqlite
import pytest
import pytest_asyncio

from {{ cookiecutter.package_name }}.store import UserStore, connect

NOT_OUR_TRANSACTION = (sqlite3.OperationalError, ValueError)


class Database:
    """A connection that is kept, and opened again when it was closed."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stack = AsyncExitStack()
        self._connection: aiosqlite.Connection | None = None

    async def begin(self) -> aiosqlite.Connection:
        """Return the connection, in a new transaction with a savepoint."""
        if self._connection is None:
            self._connection = await self._stack.enter_async_context(connect(self._url))
            # A test database need not survive a power cut.
            await self._connection.execute("PRAGMA synchronous = OFF")
        # One journey to the thread of aiosqlite instead of two.
        await self._connection.executescript("BEGIN; SAVEPOINT test")
        return self._connection

    async def close(self) -> None:
        self._connection = None
        await self._stack.aclose()


@pytest_asyncio.fixture(scope="{{ cookiecutter.fixture_loop_scope }}", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def database(database_url: str) -> AsyncIterator[Database]:
    """The open database, as long as the event loop."""
    database = Database(database_url)
    yield database
    await database.close()


@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def connection(
    database: Database, empty_database: Callable[[], Awaitable[None]]
) -> AsyncIterator[aiosqlite.Connection]:
    """The database in a transaction that is rolled back after the test."""
    connection = await database.begin()
    yield connection
    try:
        await connection.execute("ROLLBACK TO SAVEPOINT test")
        await connection.execute("ROLLBACK")
    except NOT_OUR_TRANSACTION:
        # The test has ended our transaction: what it left may be in the database.
        await database.close()
        await empty_database()


@pytest.fixture
def run_sql(connection: aiosqlite.Connection) -> Callable[[str], Awaitable[object]]:
    """Run any statement on the connection of the store."""
    return connection.execute


@pytest.fixture
def store(connection: aiosqlite.Connection) -> UserStore:
    """An empty store."""
    return UserStore(connection)
