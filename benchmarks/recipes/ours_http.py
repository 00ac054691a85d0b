"""One request to a real server on loopback: the template's fixtures."""

from demo.api import UserApi
from demo.users import User
from pytest_httpserver import HTTPServer

ADA = {"id": 1, "name": "Ada", "email": "ada@example.com"}


async def test_fetch(api: UserApi, api_server: HTTPServer) -> None:
    api_server.expect_request("/users/1").respond_with_json(ADA)
    assert await api.fetch(1) == User(**ADA)
