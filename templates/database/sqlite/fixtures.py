"""The open database: as long as the event loop; a transaction of it: as long as a test."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import aiosqlite
import pytest
import pytest_asyncio

from {{ cookiecutter.package_name }}.store import UserStore, connect

if TYPE_CHECKING:
    from .database_urls import WorkerDatabase

NOT_OUR_TRANSACTION = (sqlite3.OperationalError, ValueError)


class Kept:
    """A connection that is kept, and opened again when it was closed."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stack = AsyncExitStack()
        self._connection: aiosqlite.Connection | None = None

    async def begin(self) -> aiosqlite.Connection:
        """Return the connection, in a new transaction."""
        if self._connection is None:
            self._connection = await self._stack.enter_async_context(connect(self._url))
            # A test database need not survive a power cut.
            await self._connection.execute("PRAGMA synchronous = OFF")
        await self._connection.execute("BEGIN")
        return self._connection

    async def close(self) -> None:
        self._connection = None
        await self._stack.aclose()


@pytest_asyncio.fixture(scope="{{ cookiecutter.fixture_loop_scope }}", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def rolled_back(database_url: str) -> AsyncIterator[Kept]:
    """What `connection` stands on, as long as the event loop."""
    kept = Kept(database_url)
    yield kept
    await kept.close()


@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def connection(
    rolled_back: Kept, worker_database: "WorkerDatabase"
) -> AsyncIterator[aiosqlite.Connection]:
    """The database in a transaction that is rolled back after the test."""
    connection = await rolled_back.begin()
    before = worker_database.version()
    yield connection
    try:
        await connection.execute("ROLLBACK")
        is_ours = True
    except NOT_OUR_TRANSACTION:
        is_ours = False  # the test has ended our transaction, or closed the connection
    if not is_ours or worker_database.version() != before:
        await rolled_back.close()
        worker_database.make_anew()


@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def database(fresh_database: str) -> AsyncIterator[aiosqlite.Connection]:
    """A connection to `fresh_database`."""
    async with connect(fresh_database) as connection:
        yield connection


@pytest.fixture
def run_sql(connection: aiosqlite.Connection) -> Callable[[str], Awaitable[object]]:
    """Run any statement on the connection of the store."""
    return connection.execute


@pytest.fixture
def store(connection: aiosqlite.Connection) -> UserStore:
    """An empty store."""
    return UserStore(connection)
