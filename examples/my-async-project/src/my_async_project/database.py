"""The SQLite database: its connections, its transactions and its schema."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import aiosqlite

from .discovery import import_modules

Connection = aiosqlite.Connection

SCHEMA: list[str] = []  # statements that create the tables: each store adds its own


class SQLiteConnection(sqlite3.Connection):
    """A connection that enforces foreign keys, on a database with a write-ahead log."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        with ExitStack() as failed:
            failed.callback(self.close)
            self.executescript("PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL")
            failed.pop_all()


@asynccontextmanager
async def connect(
    database_url: str, factory: type[sqlite3.Connection] = SQLiteConnection
) -> AsyncIterator[Connection]:
    """Open a database `file:…` as in production, and close it at the end.

    Only `transaction` begins and ends transactions.
    """
    async with aiosqlite.connect(
        database_url, uri=True, isolation_level=None, factory=factory
    ) as connection:
        yield connection


@asynccontextmanager
async def transaction(connection: Connection) -> AsyncIterator[None]:
    """Keep everything done inside it, or nothing if it fails; may be nested."""
    await connection.execute("SAVEPOINT inner_transaction")
    try:
        yield
    except BaseException:
        await connection.execute("ROLLBACK TO inner_transaction")
        raise
    finally:
        await connection.execute("RELEASE inner_transaction")


class Database:
    """A database `file:…`; connecting is cheap, so no connection is kept."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Connection]:
        """Yield a connection in a transaction, which an error rolls back."""
        async with (
            connect(self._database_url) as connection,
            transaction(connection),
        ):
            yield connection


@asynccontextmanager
async def open_database(database_url: str) -> AsyncIterator[Database]:
    """Open the database, and close it at the end."""
    yield Database(database_url)


async def create_schema(database_url: str) -> None:
    """Create the tables of all `…_store` modules in an empty database."""
    import_modules("store")
    async with connect(database_url) as connection:
        for statement in SCHEMA:
            await connection.executescript(statement)
