"""The database, through SQLAlchemy: its sessions and its schema."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
)
from sqlalchemy.orm import DeclarativeBase

from .engine import create_engine

# Names of constraints that migrations can refer to on any database.
NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of all tables: `Base.metadata` is the schema."""

    metadata = MetaData(naming_convention=NAMES)


class Database:
    """Sessions on an engine, or on a connection, inside its transaction."""

    def __init__(self, bind: AsyncEngine | AsyncConnection) -> None:
        self._sessions = async_sessionmaker(
            bind, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """Yield a session in a transaction, which an error rolls back."""
        async with self._sessions.begin() as session:
            yield session


@asynccontextmanager
async def open_database(database_url: str) -> AsyncIterator[Database]:
    """Open the database, and close it at the end."""
    engine = create_engine(database_url)
    try:
        yield Database(engine)
    finally:
        await engine.dispose()


async def create_schema(database_url: str) -> None:
    """Run the migrations that an empty or older database does not have yet."""
    from .migrations import upgrade  # the application itself does not need Alembic

    engine = create_engine(database_url)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()
