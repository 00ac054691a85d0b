"""Users in a MySQL database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import astuple
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import uuid4

import asyncmy
from asyncmy.connection import Connection
from asyncmy.errors import IntegrityError

from .users import User, UserNotFoundError

SCHEMA = """
CREATE TABLE users (
    id integer PRIMARY KEY,
    name varchar(200) NOT NULL,
    email varchar(200) NOT NULL UNIQUE
)
"""


class UserExistsError(Exception):
    """A user with this id or email is stored already."""


@asynccontextmanager
async def connect(database_url: str) -> AsyncIterator[Connection]:
    """Open a database `mysql://…`, and close it in the end.

    `transaction` alone begins and ends transactions.
    """
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
    """Keep all that is done inside, or nothing if it fails; may be nested."""
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


class UserStore:
    """The users in the database behind `connection`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, *users: User) -> None:
        """Store all the users or, if one is there already, none: UserExistsError."""
        try:
            async with transaction(self._connection):
                for user in users:
                    await execute(
                        self._connection,
                        "INSERT INTO users (id, name, email) VALUES (%s, %s, %s)",
                        *astuple(user),
                    )
        except IntegrityError as error:
            raise UserExistsError(str(error)) from error

    async def get(self, user_id: int) -> User:
        """Return the user with this id, or raise UserNotFoundError."""
        rows = await execute(
            self._connection,
            "SELECT id, name, email FROM users WHERE id = %s",
            user_id,
        )
        if not rows:
            raise UserNotFoundError(user_id)
        return User(*rows[0])

    async def count(self) -> int:
        """Return how many users there are."""
        ((count,),) = await execute(self._connection, "SELECT count(*) FROM users")
        return int(count)


async def create_schema(database_url: str) -> None:
    """Make the tables in an empty database."""
    async with connect(database_url) as connection:
        await execute(connection, SCHEMA)


@asynccontextmanager
async def open_store(database_url: str) -> AsyncIterator[UserStore]:
    """Open the store on a connection of its own, and close it in the end."""
    async with connect(database_url) as connection:
        yield UserStore(connection)
