# /// script
# dependencies = ["pytest", "pytest-asyncio", "aiosqlite"]
# ///
"""Connect to a file in each test, delete the rows after it."""

import asyncio

import aiosqlite
import pytest
import pytest_asyncio


@pytest.fixture(scope="session")
def database(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "test.db"

    async def create():
        async with aiosqlite.connect(path) as db:
            await db.execute("CREATE TABLE users (id integer PRIMARY KEY, name text, email text)")
            await db.commit()

    asyncio.run(create())
    return path


@pytest_asyncio.fixture
async def db(database):
    async with aiosqlite.connect(database) as db:
        yield db
        await db.execute("DELETE FROM users")
        await db.commit()


async def test_round_trip(db):
    await db.execute("INSERT INTO users VALUES (1, 'Ada', 'ada@example.com')")
    await db.commit()
    async with db.execute("SELECT name FROM users WHERE id = 1") as cursor:
        assert await cursor.fetchone() == ("Ada",)
