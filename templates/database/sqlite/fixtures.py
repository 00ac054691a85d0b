"""The open database: as long as the event loop; a transaction of it: as long as a test."""

from __future__ import annotations

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

    def __init__(self, database: WorkerDatabase) -> None:
        self._database = database
        self._stack = AsyncExitStack()
        self._connection: aiosqlite.Connection | None = None

    async def begin(self) -> aiosqlite.Connection:
        """Return the connection, in a new transaction."""
        await self.clean()
        if self._connection is None:
            opened = connect(self._database.url)
            self._connection = await self._stack.enter_async_context(opened)
            # A test database need not survive a power cut.
            await self._connection.execute("PRAGMA synchronous = OFF")
            self._row_factory = self._connection.row_factory
        self._connection.row_factory = self._row_factory
        await self._connection.execute("BEGIN")
        return self._connection

    async def clean(self) -> None:
        """Make the database anew if anybody has committed to it."""
        if self._database.has_changed():
            await self.close()
            self._database.make_anew()

    async def close(self) -> None:
        self._connection = None
        await self._stack.aclose()


@pytest_asyncio.fixture(scope="{{ cookiecutter.fixture_loop_scope }}", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def rolled_back(worker_database: WorkerDatabase) -> AsyncIterator[Kept]:
    """What `connection` stands on, as long as the event loop."""
    kept = Kept(worker_database)
    yield kept
    await kept.close()


@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def connection(rolled_back: Kept) -> AsyncIterator[aiosqlite.Connection]:
    """The database in a transaction that is rolled back after the test."""
    connection = await rolled_back.begin()
    yield connection
    try:
        await connection.execute("ROLLBACK")
    except NOT_OUR_TRANSACTION:
        # The test has ended our transaction, or closed the connection.
        await rolled_back.close()
    await rolled_back.clean()


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
