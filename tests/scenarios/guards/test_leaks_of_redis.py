import asyncio

import pytest
from redis.asyncio import Redis, from_url

kept: list[object] = []


# ConnectionPool is open, made at tests/test_\w+.py:\d+ in test_wrong_client
@pytest.mark.asyncio
async def test_wrong_client(redis_url: str) -> None:
    client = from_url(redis_url)
    kept.append(client)
    await client.ping()


# ConnectionPool is open, made at tests/test_\w+.py:\d+ in test_wrong_forgotten_client
@pytest.mark.asyncio
async def test_wrong_forgotten_client(redis_url: str) -> None:
    await from_url(redis_url).ping()


@pytest.mark.asyncio
async def test_right_closed(redis_url: str) -> None:
    async with from_url(redis_url) as client:
        await client.ping()


@pytest.mark.asyncio
async def test_right_never_connected(redis_url: str) -> None:
    kept.append(from_url(redis_url))


@pytest.mark.asyncio
async def test_right_pool_grows(redis_client: Redis) -> None:
    await asyncio.gather(*(redis_client.ping() for _ in range(5)))


# PubSub is open, made at tests/test_\w+.py:\d+ in test_wrong_subscription
@pytest.mark.asyncio
async def test_wrong_subscription(redis_url: str, redis_prefix: str) -> None:
    subscription = from_url(redis_url).pubsub()
    await subscription.subscribe(f"{redis_prefix}news")
    kept.append(subscription)


@pytest.mark.asyncio
async def test_right_subscription(redis_client: Redis, redis_prefix: str) -> None:
    async with redis_client.pubsub() as subscription:
        await subscription.subscribe(f"{redis_prefix}news")
    kept.append(redis_client.pubsub())
