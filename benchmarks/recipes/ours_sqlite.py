"""One insert and one select in a transaction that is rolled back: the template's fixture."""

import aiosqlite


async def test_round_trip(connection: aiosqlite.Connection) -> None:
    await connection.execute("INSERT INTO users VALUES (1, 'Ada', 'ada@example.com')")
    async with connection.execute("SELECT name FROM users WHERE id = 1") as cursor:
        assert await cursor.fetchone() == ("Ada",)
