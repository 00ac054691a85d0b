"""Users in a MySQL database."""

from dataclasses import astuple

from asyncmy.errors import IntegrityError

from .database import SCHEMA, Connection, execute, transaction
from .users import User, UserNotFoundError

SCHEMA.append("""
CREATE TABLE users (
    id integer PRIMARY KEY,
    name varchar(200) NOT NULL,
    email varchar(200) NOT NULL UNIQUE
)
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
