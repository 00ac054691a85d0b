import asyncio
import socket
from unittest.mock import AsyncMock, call

import pytest
from redis.asyncio import Redis

from order_service.cache import UserCache
from order_service.redis_client import connect
from order_service.users import User, UserNotFoundError

from .fixtures.redis_server import RedisServer

ADA = User(1, "Ada", "ada@example.com")
BOB = User(2, "Bob", "bob@example.com")


async def test_miss_is_fetched(cache: UserCache, fetch_user: AsyncMock) -> None:
    assert await cache.get(1) == ADA

    fetch_user.assert_awaited_once_with(1)


async def test_hit_is_not_fetched(cache: UserCache, fetch_user: AsyncMock) -> None:
    await cache.get(1)

    assert await cache.get(1) == ADA

    fetch_user.assert_awaited_once_with(1)


async def test_each_user_is_cached(cache: UserCache, fetch_user: AsyncMock) -> None:
    fetch_user.side_effect = [ADA, BOB]

    for _ in range(2):
        assert await cache.get(1) == ADA
        assert await cache.get(2) == BOB

    assert fetch_user.await_args_list == [call(1), call(2)]


async def test_expired_user_is_fetched_again(
    cache: UserCache, fetch_user: AsyncMock, redis_client: Redis
) -> None:
    await cache.get(1)
    assert 0 < await redis_client.ttl(cache.key(1)) <= 300

    await redis_client.pexpireat(cache.key(1), 1)  # it has expired in 1970

    assert await cache.get(1) == ADA
    assert fetch_user.await_count == 2


async def test_failure_is_not_cached(cache: UserCache, fetch_user: AsyncMock) -> None:
    fetch_user.side_effect = [UserNotFoundError(1), ADA]

    with pytest.raises(UserNotFoundError):
        await cache.get(1)

    assert await cache.get(1) == ADA


@pytest.mark.parametrize("text", ["", "[]", '{"id": 1}'])
async def test_unreadable_entry_is_replaced(
    cache: UserCache, fetch_user: AsyncMock, redis_client: Redis, text: str
) -> None:
    await redis_client.set(cache.key(1), text)

    assert await cache.get(1) == ADA
    assert await cache.get(1) == ADA

    fetch_user.assert_awaited_once_with(1)


class SlowApi:
    """A server that responds to no request until it is allowed to."""

    def __init__(self, response: User | Exception) -> None:
        self.asked = asyncio.Event()
        self.may_respond = asyncio.Event()
        self.cancelled = False
        self._response = response

    async def fetch(self, user_id: int) -> User:
        self.asked.set()
        try:
            await self.may_respond.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if isinstance(self._response, Exception):
            raise self._response
        return self._response


async def test_concurrent_callers_share_a_fetch(
    cache: UserCache, fetch_user: AsyncMock
) -> None:
    async with asyncio.TaskGroup() as group:
        callers = [group.create_task(cache.get(1)) for _ in range(10)]

    assert [caller.result() for caller in callers] == [ADA] * 10
    fetch_user.assert_awaited_once_with(1)


async def test_concurrent_callers_share_a_failure(
    cache: UserCache, fetch_user: AsyncMock
) -> None:
    api = SlowApi(UserNotFoundError(1))
    fetch_user.side_effect = api.fetch
    callers = [asyncio.create_task(cache.get(1)) for _ in range(2)]
    await api.asked.wait()
    api.may_respond.set()

    for caller in callers:
        with pytest.raises(UserNotFoundError):
            await caller

    fetch_user.assert_awaited_once_with(1)


async def test_first_caller_is_cancelled_and_the_second_gets_the_user(
    cache: UserCache, fetch_user: AsyncMock
) -> None:
    api = SlowApi(ADA)
    fetch_user.side_effect = api.fetch
    first, second = (asyncio.create_task(cache.get(1)) for _ in range(2))
    await api.asked.wait()

    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    api.may_respond.set()

    assert await second == ADA
    fetch_user.assert_awaited_once_with(1)


async def test_fetch_is_cancelled_with_its_last_caller(
    cache: UserCache, fetch_user: AsyncMock
) -> None:
    api = SlowApi(ADA)
    fetch_user.side_effect = api.fetch
    callers = [asyncio.create_task(cache.get(1)) for _ in range(2)]
    await api.asked.wait()

    for caller in callers:
        assert not api.cancelled
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller

    assert api.cancelled
    fetch_user.side_effect = None
    assert await cache.get(1) == ADA


@pytest.mark.parametrize(
    "listens", [False, True], ids=["connection refused", "no response"]
)
async def test_without_redis_users_are_fetched(
    fetch_user: AsyncMock, caplog: pytest.LogCaptureFixture, listens: bool
) -> None:
    with socket.socket() as silent_server:
        silent_server.bind(("127.0.0.1", 0))
        if listens:
            silent_server.listen()
        port = silent_server.getsockname()[1]
        async with connect(f"redis://127.0.0.1:{port}", timeout=0.05) as client:
            assert await UserCache(client, fetch_user).get(1) == ADA

    assert "Redis cannot be read" in caplog.text


async def test_full_redis_does_not_stop_the_cache(
    fresh_redis: RedisServer, fetch_user: AsyncMock, caplog: pytest.LogCaptureFixture
) -> None:
    async with connect(fresh_redis.url, timeout=60) as client:
        await client.config_set("maxmemory", "1")

        assert await UserCache(client, fetch_user).get(1) == ADA

    assert "Redis cannot be written" in caplog.text


async def test_users_are_fetched_while_redis_is_down(
    fresh_redis: RedisServer, fetch_user: AsyncMock
) -> None:
    async with connect(fresh_redis.url, timeout=60) as client:
        cache = UserCache(client, fetch_user)
        await cache.get(1)

        await asyncio.to_thread(fresh_redis.stop)
        assert await cache.get(1) == ADA
        assert fetch_user.await_count == 2

        await asyncio.to_thread(fresh_redis.start)
        assert await cache.get(1) == ADA  # the new server is empty
        assert await cache.get(1) == ADA
        assert fetch_user.await_count == 3


async def test_restarted_redis_is_used_at_once(
    fresh_redis: RedisServer, fetch_user: AsyncMock, caplog: pytest.LogCaptureFixture
) -> None:
    async with connect(fresh_redis.url, timeout=60) as client:
        cache = UserCache(client, fetch_user)
        await cache.get(1)

        await asyncio.to_thread(fresh_redis.stop)
        await asyncio.to_thread(fresh_redis.start)
        assert [await cache.get(1), await cache.get(1)] == [ADA, ADA]

    assert fetch_user.await_count == 2
    assert not caplog.records  # the lost connection was replaced
