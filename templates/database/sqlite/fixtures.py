"""SQLite for tests: a file for each worker, a transaction for each test."""

import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import aiosqlite
import pytest
import pytest_asyncio

from {{ cookiecutter.package_name }}.store import SCHEMA, UserStore, connect


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the schema and no rows."""
    file = tmp_path_factory.mktemp("database") / "empty.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(SCHEMA)
    return file


@pytest.fixture(scope="session")
def database_url(empty_database: Path) -> str:
    """This worker's own database."""
    file = empty_database.with_name("test.sqlite")
    shutil.copy(empty_database, file)
    return file.as_uri()


@pytest_asyncio.fixture(scope="{{ cookiecutter.fixture_loop_scope }}", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def database(database_url: str) -> AsyncIterator[aiosqlite.Connection]:
    """The open database, as long as the event loop."""
    async with connect(database_url) as connection:
        # A test database need not survive a power cut.
        await connection.execute("PRAGMA synchronous = OFF")
        yield connection


@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def connection(
    database: aiosqlite.Connection, empty_database: Path
) -> AsyncIterator[aiosqlite.Connection]:
    """The database in a transaction that is rolled back after the test."""
    await database.execute("BEGIN")
    await database.execute("SAVEPOINT test")
    yield database
    try:
        await database.execute("ROLLBACK TO test")
        await database.execute("ROLLBACK")
    except sqlite3.OperationalError:
        # The test has ended our transaction: what it left may be in the database.
        await database.rollback()
        async with aiosqlite.connect(empty_database) as empty:
            await empty.backup(database)


@pytest.fixture
def store(connection: aiosqlite.Connection) -> UserStore:
    """An empty store."""
    return UserStore(connection)
