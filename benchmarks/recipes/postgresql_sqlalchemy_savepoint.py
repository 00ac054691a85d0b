# /// script
# dependencies = ["pytest", "pytest-asyncio", "asyncpg", "sqlalchemy[asyncio]"]
#
# [tool.pytest]
# asyncio_default_fixture_loop_scope = "session"
# asyncio_default_test_loop_scope = "session"
# ///
"""SQLAlchemy: one engine, a session that joins an outer transaction with savepoints."""

import os

import pytest_asyncio
from sqlalchemy import make_url, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]


@pytest_asyncio.fixture(scope="session")
async def engine():
    url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    yield engine
    await engine.dispose()


@pytest_asyncio.fixture
async def session(engine):
    async with engine.connect() as connection:
        transaction = await connection.begin()
        session = AsyncSession(connection, join_transaction_mode="create_savepoint")
        yield session
        await session.close()
        await transaction.rollback()


async def test_round_trip(session):
    session.add(User(id=1, name="Ada", email="ada@example.com"))
    await session.commit()
    assert await session.scalar(select(User.name).where(User.id == 1)) == "Ada"
