# /// script
# dependencies = ["pytest", "pytest-asyncio", "pytest-postgresql[async]", "psycopg[binary]"]
# ///
"""pytest-postgresql: its connection fixture, on a database cloned for each test."""

import os
from urllib.parse import parse_qs, urlsplit

import psycopg
from pytest_postgresql import factories


def load_schema(**connection):
    with psycopg.connect(**connection) as db:
        db.execute("CREATE TABLE users (id integer PRIMARY KEY, name text, email text)")


server = factories.postgresql_noproc(
    host=parse_qs(urlsplit(os.environ["DATABASE_URL"]).query)["host"][0],
    load=[load_schema],
)
db = factories.postgresql_async("server")


async def test_round_trip(db):
    await db.execute("INSERT INTO users VALUES (1, 'Ada', 'ada@example.com')")
    cursor = await db.execute("SELECT name FROM users WHERE id = 1")
    assert await cursor.fetchone() == ("Ada",)
