"""Users in an SQLite database."""

import sqlite3
from dataclasses import astuple

from .database import SCHEMA, Connection, transaction
from .users import User, UserNotFoundError

SCHEMA.append("""
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE
) STRICT;
""")


class UserExistsError(Exception):
    """A user with this id or email exists already."""


class UserStore:
    """The users in the database behind `connection`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, *users: User) -> None:
        """Store all users, or none if one exists already (UserExistsError)."""
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
