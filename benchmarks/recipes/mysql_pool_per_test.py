# /// script
# dependencies = ["pytest", "pytest-asyncio", "asyncmy"]
# ///
"""A pool for each test, and a transaction that is rolled back."""

import asyncio
import os
from urllib.parse import parse_qs, urlsplit

import asyncmy
import pytest
import pytest_asyncio

SOCKET = parse_qs(urlsplit(os.environ["DATABASE_URL"]).query)["unix_socket"][0]


async def execute(db, *statements):
    async with db.cursor() as cursor:
        for statement in statements:
            await cursor.execute(statement)
        return await cursor.fetchone()


@pytest.fixture(scope="session", autouse=True)
def tables():
    async def create():
        db = await asyncmy.connect(unix_socket=SOCKET, user="root", db="mysql")
        await execute(
            db,
            "CREATE DATABASE IF NOT EXISTS app",
            "DROP TABLE IF EXISTS app.users",
            "CREATE TABLE app.users (id integer PRIMARY KEY, name text, email text)",
        )
        await db.ensure_closed()

    asyncio.run(create())


@pytest_asyncio.fixture
async def db():
    pool = asyncmy.create_pool(unix_socket=SOCKET, user="root", db="app")
    async with pool as pool, pool.acquire() as db:
        await db.begin()
        yield db
        await db.rollback()


async def test_round_trip(db):
    await execute(db, "INSERT INTO users VALUES (1, 'Ada', 'ada@example.com')")
    assert await execute(db, "SELECT name FROM users WHERE id = 1") == ("Ada",)
