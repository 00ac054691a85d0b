# /// script
# dependencies = ["pytest", "pytest-asyncio", "aiosqlite"]
# ///
"""A new database in memory for each test."""

import aiosqlite
import pytest_asyncio


@pytest_asyncio.fixture
async def db():
    async with aiosqlite.connect(":memory:") as db:
        await db.execute("CREATE TABLE users (id integer PRIMARY KEY, name text, email text)")
        yield db


async def test_round_trip(db):
    await db.execute("INSERT INTO users VALUES (1, 'Ada', 'ada@example.com')")
    async with db.execute("SELECT name FROM users WHERE id = 1") as cursor:
        assert await cursor.fetchone() == ("Ada",)
