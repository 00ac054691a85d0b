"""Users in a database, through SQLAlchemy."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import String, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from .engine import create_engine
from .users import User, UserNotFoundError


class Base(DeclarativeBase):
    """All tables: `Base.metadata` is the schema."""


class UserRow(Base):
    """A row of the table of users."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(200), unique=True)


class UserExistsError(Exception):
    """A user with this id or email is stored already."""


async def create_schema(database_url: str) -> None:
    """Make the tables in an empty database."""
    engine = create_engine(database_url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()


class UserStore:
    """The users in the database behind `session`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, *users: User) -> None:
        """Store all the users or, if one is there already, none: UserExistsError."""
        for user in users:
            row = UserRow(id=user.id, name=user.name, email=user.email)
            self._session.add(row)
        try:
            await self._session.commit()
        except IntegrityError as error:
            await self._session.rollback()
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


@asynccontextmanager
async def open_store(database_url: str) -> AsyncIterator[UserStore]:
    """Open the store on an engine of its own, and close it in the end."""
    engine = create_engine(database_url)
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield UserStore(session)
    await engine.dispose()
