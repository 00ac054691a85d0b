"""One insert and one select in a transaction that is rolled back: the template's fixture."""

from asyncmy.connection import Connection


async def test_round_trip(connection: Connection) -> None:
    async with connection.cursor() as cursor:
        await cursor.execute("INSERT INTO users VALUES (1, 'Ada', 'ada@example.com')")
        await cursor.execute("SELECT name FROM users WHERE id = 1")
        assert await cursor.fetchone() == ("Ada",)
