"""Redis in tests: values that expire, and no keys of other tests."""

import socket

import pytest
from redis.asyncio import Redis
from redis.exceptions import TimeoutError as RedisTimeoutError

from order_service.redis_client import connect


async def test_cached_value_expires(redis_client: Redis, redis_prefix: str) -> None:
    key = f"{redis_prefix}greeting"
    await redis_client.set(key, "hello", ex=60)
    assert await redis_client.get(key) == b"hello"
    assert 0 < await redis_client.ttl(key) <= 60

    await redis_client.pexpireat(key, 1)  # in 1970

    assert await redis_client.get(key) is None


@pytest.mark.parametrize("run", ["first", "second"])
async def test_each_test_starts_empty(
    redis_client: Redis, redis_prefix: str, run: str
) -> None:
    key = f"{redis_prefix}key"
    assert await redis_client.set(key, 1, nx=True), f"it is there in the {run} run"


async def test_server_that_does_not_respond() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        async with connect(url, timeout=0.05) as client:
            with pytest.raises(RedisTimeoutError):
                await client.get("key")
