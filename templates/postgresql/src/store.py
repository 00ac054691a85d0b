"""Users in a PostgreSQL database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import astuple
from typing import TYPE_CHECKING

import asyncpg

from .users import User, UserNotFoundError

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = (
        asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    )

SCHEMA = """
CREATE TABLE users (
    id integer PRIMARY KEY,
    name text NOT NULL,
    email text NOT NULL UNIQUE
);
"""


async def create_schema(database_url: str) -> None:
    """Make the tables in an empty database."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(SCHEMA)
    finally:
        await connection.close()


class UserExistsError(Exception):
    """A user with this id or email is stored already."""


class UserStore:
    """The users in the database behind `connection`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, *users: User) -> None:
        """Store all the users or, if one is there already, none: UserExistsError."""
        try:
            async with self._connection.transaction():
                await self._connection.executemany(
                    "INSERT INTO users (id, name, email) VALUES ($1, $2, $3)",
                    [astuple(user) for user in users],
                )
        except asyncpg.UniqueViolationError as error:
            raise UserExistsError(str(error)) from error

    async def get(self, user_id: int) -> User:
        """Return the user with this id, or raise UserNotFoundError."""
        row = await self._connection.fetchrow(
            "SELECT id, name, email FROM users WHERE id = $1", user_id
        )
        if row is None:
            raise UserNotFoundError(user_id)
        return User(*row)

    async def count(self) -> int:
        """Return how many users there are."""
        count: int = await self._connection.fetchval("SELECT count(*) FROM users")
        return count


@asynccontextmanager
async def open_store(database_url: str) -> AsyncIterator[UserStore]:
    """Open the store on a connection of its own, and close it in the end."""
    connection = await asyncpg.connect(database_url)
    try:
        yield UserStore(connection)
    finally:
        await connection.close()
