# /// script
# dependencies = ["pytest", "pytest-asyncio", "asyncpg"]
# ///
"""A database for each test, cloned from a template."""

import asyncio
import os
from urllib.parse import urlsplit

import asyncpg
import pytest
import pytest_asyncio

URL = os.environ["DATABASE_URL"]


def url_of(database):
    return urlsplit(URL)._replace(path=f"/{database}").geturl()


async def execute(url, *statements):
    db = await asyncpg.connect(url)
    for statement in statements:
        await db.execute(statement)
    await db.close()


@pytest.fixture(scope="session")
def template():
    asyncio.run(execute(URL, "CREATE DATABASE empty"))
    table = "CREATE TABLE users (id integer PRIMARY KEY, name text, email text)"
    asyncio.run(execute(url_of("empty"), table))
    yield "empty"
    asyncio.run(execute(URL, "DROP DATABASE empty"))


@pytest_asyncio.fixture
async def db(template):
    await execute(URL, f"CREATE DATABASE clone TEMPLATE {template}")
    db = await asyncpg.connect(url_of("clone"))
    yield db
    await db.close()
    await execute(URL, "DROP DATABASE clone")


async def test_round_trip(db):
    await db.execute("INSERT INTO users VALUES (1, 'Ada', 'ada@example.com')")
    assert await db.fetchval("SELECT name FROM users WHERE id = 1") == "Ada"
