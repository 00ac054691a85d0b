# /// script
# dependencies = ["pytest", "pytest-asyncio", "asyncpg"]
# ///
"""Connect in each test, delete the rows after it."""

import asyncio
import os

import asyncpg
import pytest
import pytest_asyncio

URL = os.environ["DATABASE_URL"]


@pytest.fixture(scope="session", autouse=True)
def tables():
    async def create():
        db = await asyncpg.connect(URL)
        await db.execute("DROP TABLE IF EXISTS users")
        await db.execute("CREATE TABLE users (id integer PRIMARY KEY, name text, email text)")
        await db.close()

    asyncio.run(create())


@pytest_asyncio.fixture
async def db():
    db = await asyncpg.connect(URL)
    yield db
    await db.execute("DELETE FROM users")
    await db.close()


async def test_round_trip(db):
    await db.execute("INSERT INTO users VALUES (1, 'Ada', 'ada@example.com')")
    assert await db.fetchval("SELECT name FROM users WHERE id = 1") == "Ada"
