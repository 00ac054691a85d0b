"""Users in a database, through SQLAlchemy."""

from sqlalchemy import String, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from .database import Base
from .users import User, UserNotFoundError


class UserRow(Base):
    """A row of the table of users."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(200), unique=True)


class UserExistsError(Exception):
    """A user with this id or email exists already."""


class UserStore:
    """The users in the database behind `session`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, *users: User) -> None:
        """Store all users, or none if one exists already (UserExistsError)."""
        rows = [UserRow(id=user.id, name=user.name, email=user.email) for user in users]
        try:
            async with self._session.begin_nested():
                self._session.add_all(rows)
        except IntegrityError as error:
            raise UserExistsError(str(error)) from error

    async def get(self, user_id: int) -> User:
        """Return the user with this id, or raise UserNotFoundError."""
        row = await self._session.get(UserRow, user_id)
        if row is None:
            raise UserNotFoundError(user_id)
        return User(row.id, row.name, row.email)

    async def count(self) -> int:
        """Return how many users there are."""
        statement = select(func.count()).select_from(UserRow)
        return await self._session.scalar(statement) or 0
