"""One insert and one select in a transaction that is rolled back: the template's fixture."""

import asyncpg


async def test_round_trip(connection: asyncpg.Connection) -> None:
    await connection.execute("INSERT INTO users VALUES (1, 'Ada', 'ada@example.com')")
    assert await connection.fetchval("SELECT name FROM users WHERE id = 1") == "Ada"
