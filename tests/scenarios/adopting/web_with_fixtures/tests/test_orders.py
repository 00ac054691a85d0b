import pytest

INSERT = "INSERT INTO orders (name) VALUES ('tea') RETURNING id"


async def test_add(client, stored):
    response = await client.post("/orders", params={"name": "tea"})
    assert response.status_code == 201
    assert await stored.fetchval("SELECT name FROM orders") == "tea"


async def test_count(client, stored):
    assert (await client.get("/orders/count")).json() == 0
    await stored.execute(INSERT)
    assert (await client.get("/orders/count")).json() == 1


@pytest.mark.parametrize("number", range(3))
async def test_first_order(connection, number):
    assert await connection.fetchval(INSERT) == 1


async def test_other_shop(http_client, api_server):
    api_server.expect_oneshot_request("/shop").respond_with_json("tea")
    assert (await http_client.get(api_server.url_for("/shop"))).json() == "tea"
