import asyncio
import json
import re
from threading import Barrier

import pytest
from httpx2 import AsyncClient
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

ADA_AS_JSON = {"id": 1, "name": "Ada", "email": "ada@example.com"}


async def test_fetch(client: AsyncClient, api_server: HTTPServer) -> None:
    api_server.expect_oneshot_request("/users/1").respond_with_json(ADA_AS_JSON)

    response = await client.get("/remote-users/1")

    assert (response.status_code, response.json()) == (200, ADA_AS_JSON)


@pytest.mark.parametrize(
    ("remote", "status"),
    [
        (Response(status=404), 404),
        (Response("<html>"), 502),
        (Response(status=500), 503),
    ],
    ids=["missing", "malformed", "fault"],
)
async def test_failure_of_the_api(
    client: AsyncClient, api_server: HTTPServer, remote: Response, status: int
) -> None:
    api_server.expect_request("/users/1").respond_with_response(remote)

    response = await client.get("/remote-users/1")

    assert response.status_code == status
    assert isinstance(response.json()["detail"], str)


@pytest.mark.parametrize("user_id", ["0", "-1", "one"])
async def test_invalid_id_is_refused(client: AsyncClient, user_id: str) -> None:
    response = await client.get(f"/remote-users/{user_id}")

    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["path", "user_id"]


async def test_requests_are_served_at_the_same_time(
    client: AsyncClient, api_server: HTTPServer
) -> None:
    # The API responds to nobody before all three requests have arrived.
    all_asked = Barrier(3)

    def respond(request: Request) -> Response:
        all_asked.wait()
        return Response(json.dumps(ADA_AS_JSON | {"id": int(request.path[-1])}))

    api_server.expect_request(re.compile("/users/[123]")).respond_with_handler(respond)

    responses = await asyncio.gather(
        *(client.get(f"/remote-users/{user_id}") for user_id in (1, 2, 3))
    )

    assert [response.status_code for response in responses] == [200, 200, 200]
    assert [response.json()["id"] for response in responses] == [1, 2, 3]


async def test_fetch_over_a_socket(
    live_client: AsyncClient, api_server: HTTPServer
) -> None:
    api_server.expect_oneshot_request("/users/1").respond_with_json(ADA_AS_JSON)

    assert (await live_client.get("/remote-users/1")).json() == ADA_AS_JSON
