import pytest
from {{ cookiecutter.__asgi_client }} import AsyncClient
from pytest_httpserver import HTTPServer

from {{ cookiecutter.package_name }}.store import UserStore

from .test_importer import expect_failure, expect_user


{{ cookiecutter.__async_test }}async def test_import(
    client: AsyncClient, api_server: HTTPServer, store: UserStore
) -> None:
    users = [expect_user(api_server, user_id) for user_id in (1, 2, 3)]

    response = await client.post("/imports", json={"user_ids": [1, 2, 3]})

    assert (response.status_code, response.json()) == (201, {"count": 3})
    assert [await store.get(user.id) for user in users] == users


{{ cookiecutter.__async_test }}@pytest.mark.parametrize("status", [404, 500], ids=["missing", "fault"])
async def test_nothing_is_stored_when_a_user_cannot_be_fetched(
    client: AsyncClient, api_server: HTTPServer, store: UserStore, status: int
) -> None:
    expect_failure(api_server, status)

    response = await client.post("/imports", json={"user_ids": [1, 2]})

    assert response.status_code == {404: 404, 500: 503}[status]
    assert await store.count() == 0


{{ cookiecutter.__async_test }}async def test_nothing_is_stored_when_a_user_is_there_already(
    client: AsyncClient, api_server: HTTPServer, store: UserStore
) -> None:
    await store.add(expect_user(api_server, 2))
    expect_user(api_server, 1)

    response = await client.post("/imports", json={"user_ids": [1, 2]})

    assert response.status_code == 409
    assert await store.count() == 1


{{ cookiecutter.__async_test }}@pytest.mark.parametrize("user_ids", [[], [0], ["one"], list(range(1, 102))])
async def test_invalid_list_of_ids_is_refused(
    client: AsyncClient, user_ids: list[object]
) -> None:
    response = await client.post("/imports", json={"user_ids": user_ids})

    assert response.status_code == 422
