import asyncio

import pytest
from httpx2 import AsyncClient

from order_service.database import Database
from order_service.store import UserStore
from order_service.users import User

ADA = User(1, "Ada", "ada@example.com")
ADA_AS_JSON = {"id": 1, "name": "Ada", "email": "ada@example.com"}


async def test_test_sees_what_a_request_stores(
    client: AsyncClient, store: UserStore
) -> None:
    response = await client.post("/users", json=ADA_AS_JSON)

    assert (response.status_code, response.json()) == (201, ADA_AS_JSON)
    assert await store.get(1) == ADA


async def test_request_sees_what_the_test_stores(
    client: AsyncClient, store: UserStore
) -> None:
    await store.add(ADA)

    response = await client.get("/users/1")

    assert (response.status_code, response.json()) == (200, ADA_AS_JSON)


@pytest.mark.parametrize("run", ["first", "second"])
async def test_rows_of_requests_end_with_their_test(
    client: AsyncClient, store: UserStore, run: str
) -> None:
    assert await store.count() == 0, f"a row of another test met the {run} run"

    assert (await client.post("/users", json=ADA_AS_JSON)).status_code == 201


async def test_missing_user(client: AsyncClient) -> None:
    response = await client.get("/users/1")

    assert response.status_code == 404
    assert response.json() == {"detail": "No user has this id."}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", 0),
        ("id", 2**31),
        ("id", "one"),
        ("name", ""),
        ("name", "x" * 201),
        ("email", "null\x00"),
        ("email", None),
    ],
)
async def test_invalid_user_is_refused(
    client: AsyncClient, store: UserStore, field: str, value: object
) -> None:
    response = await client.post("/users", json=ADA_AS_JSON | {field: value})

    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body", field]
    assert await store.count() == 0


async def test_duplicate_is_refused(client: AsyncClient, store: UserStore) -> None:
    await store.add(ADA)

    refused = await client.post("/users", json=ADA_AS_JSON)
    stored = await client.post("/users", json=ADA_AS_JSON | {"id": 2, "email": "b@c"})

    assert (refused.status_code, stored.status_code) == (409, 201)
    assert await store.count() == 2


async def test_concurrent_requests_in_one_transaction(
    client: AsyncClient, store: UserStore
) -> None:
    users = [{"id": i, "name": "Duplicate", "email": f"{i}@c"} for i in (1, 2, 3, 4, 5)]

    responses = await asyncio.gather(
        *(client.post("/users", json=user) for user in 2 * users)
    )

    codes = [response.status_code for response in responses]
    assert sorted(codes) == 5 * [201] + 5 * [409]
    assert await store.count() == 5


async def test_concurrent_requests_on_separate_connections(
    live_client: AsyncClient, fresh_database: Database
) -> None:
    responses = await asyncio.gather(
        *(live_client.post("/users", json=ADA_AS_JSON) for _ in range(5))
    )

    codes = [response.status_code for response in responses]
    assert sorted(codes) == [201] + 4 * [409]
    async with fresh_database.begin() as session:
        assert await UserStore(session).get(1) == ADA


async def test_failed_request_undoes_only_its_own_work(
    client: AsyncClient, store: UserStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = UserStore.add

    async def add_and_fail(store: UserStore, *users: User) -> None:
        await add(store, *users)
        raise ConnectionError("too late")

    await store.add(User(2, "Bob", "bob@example.com"))
    monkeypatch.setattr(UserStore, "add", add_and_fail)

    with pytest.raises(ConnectionError, match="too late"):
        await client.post("/users", json=ADA_AS_JSON)

    assert await store.count() == 1
