"""The database, through SQLAlchemy: its sessions and its schema."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
)
from sqlalchemy.orm import DeclarativeBase

from .discovery import import_modules
from .engine import create_engine


class Base(DeclarativeBase):
    """The base of all tables: `Base.metadata` is the schema."""


class Database:
    """Sessions on an engine, or on a connection and then inside its transaction."""

    def __init__(self, bind: AsyncEngine | AsyncConnection) -> None:
        self._sessions = async_sessionmaker(
            bind, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """Give a session in a transaction, which an error rolls back."""
        async with self._sessions.begin() as session:
            yield session


@asynccontextmanager
async def open_database(database_url: str) -> AsyncIterator[Database]:
    """Open the database, and close it in the end."""
    engine = create_engine(database_url)
    try:
        yield Database(engine)
    finally:
        await engine.dispose()


async def create_schema(database_url: str) -> None:
    """Create the tables of all modules `…store` in an empty database."""
    import_modules("store")
    engine = create_engine(database_url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
    finally:
        await engine.dispose()
