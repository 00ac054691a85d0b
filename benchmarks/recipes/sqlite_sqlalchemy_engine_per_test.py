# /// script
# dependencies = ["pytest", "pytest-asyncio", "aiosqlite", "sqlalchemy[asyncio]"]
# ///
"""SQLAlchemy: an engine in memory and all tables anew for each test."""

import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]


@pytest_asyncio.fixture
async def session():
    engine = create_async_engine("sqlite+aiosqlite:///:memory:")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with async_sessionmaker(engine)() as session:
        yield session
    await engine.dispose()


async def test_round_trip(session):
    session.add(User(id=1, name="Ada", email="ada@example.com"))
    await session.commit()
    assert await session.scalar(select(User.name).where(User.id == 1)) == "Ada"
