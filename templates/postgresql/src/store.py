"""Users in a PostgreSQL database."""

from dataclasses import astuple

import asyncpg

from .database import SCHEMA, Connection
from .users import User, UserNotFoundError

SCHEMA.append("""
CREATE TABLE users (
    id integer PRIMARY KEY,
    name text NOT NULL,
    email text NOT NULL UNIQUE
);
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
