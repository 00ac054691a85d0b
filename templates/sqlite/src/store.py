"""Users in an SQLite database."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import astuple

import aiosqlite

from .users import User, UserNotFoundError

SCHEMA = """
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE
) STRICT;
"""


class UserExistsError(Exception):
    """A user with this id or email is stored already."""


@asynccontextmanager
async def connect(database_url: str) -> AsyncIterator[aiosqlite.Connection]:
    """Open a database `file:…` as production does, and close it in the end.

    Foreign keys are enforced, and `transaction` alone begins and ends transactions.
    """
    async with aiosqlite.connect(
        database_url, uri=True, isolation_level=None
    ) as connection:
        await connection.executescript(
            "PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL;"
        )
        yield connection


async def create_schema(database_url: str) -> None:
    """Make the tables in an empty database."""
    async with connect(database_url) as connection:
        await connection.executescript(SCHEMA)


@asynccontextmanager
async def transaction(connection: aiosqlite.Connection) -> AsyncIterator[None]:
    """Keep all that is done inside, or nothing if it fails; may be nested."""
    await connection.execute("SAVEPOINT inner_transaction")
    try:
        yield
    except BaseException:
        await connection.execute("ROLLBACK TO inner_transaction")
        raise
    finally:
        await connection.execute("RELEASE inner_transaction")


class UserStore:
    """The users in the database behind `connection`."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def add(self, *users: User) -> None:
        """Store all the users or, if one is there already, none: UserExistsError."""
        try:
            async with transaction(self._connection):
                await self._connection.executemany(
                    "INSERT INTO users (id, name, email) VALUES (?, ?, ?)",
                    [astuple(user) for user in users],
                )
        except sqlite3.IntegrityError as error:
            raise UserExistsError(str(error)) from error

    async def get(self, user_id: int) -> User:
        """Return the user with this id, or raise UserNotFoundError."""
        async with self._connection.execute(
            "SELECT id, name, email FROM users WHERE id = ?", (user_id,)
        ) as cursor:
            row = await cursor.fetchone()
        if row is None:
            raise UserNotFoundError(user_id)
        return User(*row)

    async def count(self) -> int:
        """Return how many users there are."""
        async with self._connection.execute("SELECT count(*) FROM users") as cursor:
            row = await cursor.fetchone()
        assert row is not None
        return int(row[0])


@asynccontextmanager
async def open_store(database_url: str) -> AsyncIterator[UserStore]:
    """Open the store on a connection of its own, and close it in the end."""
    async with connect(database_url) as connection:
        yield UserStore(connection)
