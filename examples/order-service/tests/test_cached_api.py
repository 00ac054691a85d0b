import pytest
from pytest_httpserver import HTTPServer
from redis.asyncio import Redis

from order_service.api import UserApi
from order_service.cache import UserCache
from order_service.users import User, UserNotFoundError

ADA = User(1, "Ada", "ada@example.com")
ADA_AS_JSON = {"id": 1, "name": "Ada", "email": "ada@example.com"}


@pytest.fixture
def cached_api(api: UserApi, redis_client: Redis, redis_prefix: str) -> UserCache:
    """A cache in front of the API."""
    return UserCache(redis_client, api.fetch, prefix=redis_prefix)


async def test_api_is_asked_once_for_a_user(
    cached_api: UserCache, api_server: HTTPServer
) -> None:
    api_server.expect_oneshot_request("/users/1").respond_with_json(ADA_AS_JSON)

    assert [await cached_api.get(1), await cached_api.get(1)] == [ADA, ADA]


async def test_api_is_asked_again_for_a_missing_user(
    cached_api: UserCache, api_server: HTTPServer
) -> None:
    api_server.expect_oneshot_request("/users/1").respond_with_data(status=404)
    with pytest.raises(UserNotFoundError):
        await cached_api.get(1)

    api_server.expect_oneshot_request("/users/1").respond_with_json(ADA_AS_JSON)
    assert await cached_api.get(1) == ADA
