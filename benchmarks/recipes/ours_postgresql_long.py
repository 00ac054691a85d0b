"""Twenty-five inserts and selects in a transaction that is rolled back: the template's fixture."""

import asyncpg


async def test_round_trips(connection: asyncpg.Connection) -> None:
    for number in range(25):
        email = f"{number}@example.com"
        await connection.execute("INSERT INTO users VALUES ($1, 'Ada', $2)", number, email)
        found = await connection.fetchval("SELECT email FROM users WHERE id = $1", number)
        assert found == email
