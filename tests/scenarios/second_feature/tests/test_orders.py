import pytest
from demo.api import UserApi
from demo.database import Database
from demo.order_store import Order, OrderStore
from demo.ordering import order
from demo.shipping import ShippingApi
from demo.store import UserExistsError, UserStore
from demo.users import User, UserNotFoundError
from pytest_httpserver import HTTPServer

ADA = User(1, "Ada", "ada@example.com")
TEA = Order(1, 1, "tea")


@pytest.mark.asyncio
@pytest.mark.parametrize("run", ["first", "second"])
async def test_two_stores_share_a_transaction(
    store: UserStore, orders: OrderStore, run: str
) -> None:
    assert await orders.items() == []

    await store.add(ADA)
    await orders.add(TEA)

    assert await orders.items() == ["tea"]


@pytest.mark.asyncio
async def test_order_of_nobody(orders: OrderStore) -> None:
    with pytest.raises(UserNotFoundError):
        await orders.add(TEA)


@pytest.mark.asyncio
async def test_both_are_stored_or_neither(
    database: Database,
    fresh_database: Database,
    shipping: ShippingApi,
    api_server: HTTPServer,
) -> None:
    api_server.expect_request("/prices/tea").respond_with_data("250")

    for one in (database, fresh_database):
        assert await order(one, shipping, ADA, TEA) == 250
        with pytest.raises(UserNotFoundError):
            await order(one, shipping, User(2, "B", "b@c"), Order(2, 3, "milk"))
        with pytest.raises(UserExistsError):
            await order(one, shipping, ADA, Order(3, 1, "milk"))

        async with one.begin() as begun:
            assert await UserStore(begun).count() == 1
            assert await OrderStore(begun).items() == ["tea"]


@pytest.mark.asyncio
async def test_two_apis_share_a_client(
    api: UserApi, shipping: ShippingApi, api_server: HTTPServer
) -> None:
    ada = {"id": 1, "name": "Ada", "email": "ada@example.com"}
    api_server.expect_request("/users/1").respond_with_json(ada)
    api_server.expect_request("/prices/tea").respond_with_data("250")

    assert (await api.fetch(1), await shipping.price("tea")) == (ADA, 250)
