import json
from threading import Event

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from order_service.api import ApiUnavailableError, UserApi
from order_service.importer import import_users
from order_service.store import UserStore
from order_service.users import User


def expect_user(api_server: HTTPServer, user_id: int) -> User:
    """Let the API return this user."""
    user = User(user_id, f"User {user_id}", f"user{user_id}@example.com")
    api_server.expect_request(f"/users/{user_id}").respond_with_json(
        {"id": user.id, "name": user.name, "email": user.email}
    )
    return user


def expect_failure(api_server: HTTPServer, status: int) -> None:
    """Let the API fail for user 2 once it has received the request for user 1.

    That request is then cancelled; without the wait it might reach the next test.
    """
    asked = Event()

    def respond(_: Request) -> Response:
        asked.set()
        user = {"id": 1, "name": "Ada", "email": "ada@example.com"}
        return Response(json.dumps(user))

    def fail(_: Request) -> Response:
        asked.wait()
        return Response(status=status)

    api_server.expect_request("/users/1").respond_with_handler(respond)
    api_server.expect_request("/users/2").respond_with_handler(fail)


async def test_users_of_the_api_are_stored(
    api: UserApi, api_server: HTTPServer, store: UserStore
) -> None:
    users = [expect_user(api_server, user_id) for user_id in range(1, 6)]

    assert await import_users(api, store, range(1, 6), limit=2) == 5

    assert [await store.get(user.id) for user in users] == users


async def test_nothing_is_stored_when_a_user_cannot_be_fetched(
    api: UserApi, api_server: HTTPServer, store: UserStore
) -> None:
    expect_failure(api_server, 500)

    with pytest.RaisesGroup(ApiUnavailableError):
        await import_users(api, store, [1, 2])

    assert await store.count() == 0


async def test_limit_is_kept(api: UserApi, store: UserStore) -> None:
    with pytest.raises(ValueError, match="limit must be at least 1"):
        await import_users(api, store, [1], limit=0)
