import asyncio
from contextlib import suppress

import pytest
import pytest_asyncio
from demo.cache import UserCache
from demo.users import User
from redis.asyncio import Redis, from_url
from redis.exceptions import ConnectionError as LostConnectionError


@pytest_asyncio.fixture(scope="function", loop_scope="LOOP")
async def empty(redis_client: Redis, redis_prefix: str) -> Redis:
    keys = [key async for key in redis_client.scan_iter(f"{redis_prefix}*")]
    assert not keys, "another test has left something"
    await redis_client.set(f"{redis_prefix}mine", 1)
    return redis_client


@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_any_type(empty: Redis, redis_prefix: str, time: str) -> None:
    await empty.hset(f"{redis_prefix}hash", "field", "value")
    await empty.rpush(f"{redis_prefix}list", "value")
    await empty.xadd(f"{redis_prefix}stream", {"field": "value"})
    await empty.set(f"{redis_prefix}[a-z]*?\\", "value")


@pytest.mark.asyncio
async def test_many_keys(empty: Redis, redis_prefix: str) -> None:
    await empty.mset({f"{redis_prefix}{number}": 1 for number in range(5000)})


@pytest.mark.asyncio
async def test_closed_client(empty: Redis) -> None:
    await empty.aclose()


@pytest.mark.asyncio
async def test_killed_connection(empty: Redis, redis_url: str) -> None:
    number = await empty.client_id()
    async with from_url(redis_url) as other:
        await other.client_kill_filter(_id=str(number))


@pytest.mark.asyncio
async def test_open_transaction(empty: Redis, redis_prefix: str) -> None:
    pipeline = empty.pipeline(transaction=True)
    await pipeline.watch(f"{redis_prefix}mine")
    pipeline.multi()
    pipeline.set(f"{redis_prefix}mine", 2)
    await pipeline.reset()


@pytest.mark.asyncio
async def test_cancelled_command(empty: Redis, redis_prefix: str) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await empty.blpop([f"{redis_prefix}nothing"])
    assert await empty.get(f"{redis_prefix}mine") == b"1"


@pytest.mark.asyncio
@pytest.mark.timeout(0.5)
@pytest.mark.xfail(strict=True)
async def test_hang(empty: Redis) -> None:
    await asyncio.Event().wait()


@pytest_asyncio.fixture(scope="function", loop_scope="LOOP")
async def broken(empty: Redis) -> None:
    raise RuntimeError


@pytest.mark.asyncio
@pytest.mark.xfail(strict=True, raises=RuntimeError)
async def test_exception_in_set_up(broken: None) -> None: ...


@pytest.mark.asyncio
async def test_fresh_is_another(empty: Redis, fresh_redis) -> None:
    async with from_url(fresh_redis.url) as fresh:
        assert await fresh.dbsize() == 0
        fresh_redis.stop()
        with pytest.raises(LostConnectionError):
            await fresh.ping()
    assert await empty.ping()


@pytest.mark.asyncio
async def test_cancelled_lookup_leaves_a_good_connection(
    cache: UserCache, redis_prefix: str
) -> None:
    for _ in range(20):
        with suppress(TimeoutError):
            async with asyncio.timeout(0.0001):
                await cache.get(1)
        assert await cache.get(1) == User(1, "Ada", "ada@example.com")


@pytest.mark.asyncio
async def test_last(empty: Redis) -> None: ...
