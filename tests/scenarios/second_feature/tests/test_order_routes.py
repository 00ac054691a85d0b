import pytest
from CLIENT import AsyncClient
from demo.database import Database
from demo.order_store import OrderStore
from demo.store import UserStore


@pytest.mark.asyncio
@pytest.mark.parametrize("run", ["first", "second"])
async def test_two_stores_and_a_background_task(
    client: AsyncClient, store: UserStore, orders: OrderStore, run: str
) -> None:
    body = {"name": "Ada", "items": ["tea"]}

    assert (await client.post("/orders", json=body)).status_code == 201

    assert await orders.items() == ["tea", "confirmed"]
    assert await store.count() == 1


@pytest.mark.asyncio
async def test_failure_undoes_both(
    client: AsyncClient, store: UserStore, orders: OrderStore
) -> None:
    body = {"name": "Ada", "items": ["tea", "milk"]}

    response = await client.post("/orders", json=body)

    assert (response.status_code, response.json()) == (409, {"detail": "One item only."})
    assert (await store.count(), await orders.items()) == (0, [])


@pytest.mark.asyncio
async def test_over_a_socket(live_client: AsyncClient, fresh_database: Database) -> None:
    for items, status in ((["tea", "milk"], 409), (["tea"], 201)):
        body = {"name": "Ada", "items": items}
        assert (await live_client.post("/orders", json=body)).status_code == status

    async with fresh_database.begin() as begun:
        assert await UserStore(begun).count() == 1
        assert (await OrderStore(begun).items())[0] == "tea"
