import asyncio

import asyncpg
import httpx


async def test_add(client, connection):
    response = await client.post("/orders", params={"name": "tea"})
    assert response.status_code == 201
    assert await connection.fetchval("SELECT name FROM orders") == "tea"


async def test_empty(client):
    assert (await client.get("/orders/count")).json() == 0


async def test_count(client, url):
    other = await asyncpg.connect(url)
    await other.execute("INSERT INTO orders (name) VALUES ('tea')")
    assert (await client.get("/orders/count")).json() == 1


async def test_many(connection):
    insert = "INSERT INTO orders (name) VALUES ('tea')"
    await asyncio.gather(*(connection.execute(insert) for _ in range(2)), return_exceptions=True)


async def test_unknown_shop():
    async with httpx.AsyncClient() as client:
        try:
            await client.get("http://orders.invalid/")
        except httpx.ConnectError:
            pass
