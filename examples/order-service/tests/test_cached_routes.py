import pytest
from httpx2 import AsyncClient
from pytest_httpserver import HTTPServer

ADA = {"id": 1, "name": "Ada", "email": "ada@example.com"}


@pytest.mark.parametrize("run", ["first", "second"])
async def test_api_is_asked_once_in_each_test(
    client: AsyncClient, api_server: HTTPServer, run: str
) -> None:
    api_server.expect_oneshot_request("/users/1").respond_with_json(ADA)

    responses = [(await client.get("/remote-users/1")).json() for _ in range(2)]

    assert responses == [ADA, ADA]
    assert len(api_server.log) == 1, f"cached before the {run} run"


async def test_failure_is_not_cached(
    client: AsyncClient, api_server: HTTPServer
) -> None:
    api_server.expect_oneshot_request("/users/1").respond_with_data(status=500)
    assert (await client.get("/remote-users/1")).status_code == 503

    api_server.expect_oneshot_request("/users/1").respond_with_json(ADA)
    assert (await client.get("/remote-users/1")).json() == ADA


async def test_all_clients_share_the_cache(
    client: AsyncClient, live_client: AsyncClient, api_server: HTTPServer
) -> None:
    api_server.expect_oneshot_request("/users/1").respond_with_json(ADA)

    for one in (client, live_client):
        assert (await one.get("/remote-users/1")).json() == ADA
