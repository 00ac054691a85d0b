"""Hours pass in these tests without waiting: see `tests/scheduling`."""

import asyncio
from itertools import pairwise
from unittest.mock import AsyncMock

import pytest

from order_service.pacing import RateLimit, cached, retry

pytestmark = pytest.mark.virtual_time


async def test_pauses_grow() -> None:
    calls: list[float] = []

    async def fail() -> None:
        calls.append(asyncio.get_running_loop().time())
        raise ConnectionError("down")

    with pytest.raises(ConnectionError, match="down"):
        await retry(fail, attempts=4, first_pause=60)

    pauses = [later - earlier for earlier, later in pairwise(calls)]
    assert pauses == [60, 120, 240]


async def test_first_success_is_returned() -> None:
    function = AsyncMock(side_effect=[TimeoutError, ConnectionError, "done"])

    assert await retry(function, first_pause=3600) == "done"
    assert function.await_count == 3


async def test_other_failures_are_raised_at_once() -> None:
    function = AsyncMock(side_effect=ValueError("wrong"))

    with pytest.raises(ValueError, match="wrong"):
        await retry(function)

    function.assert_awaited_once()


async def test_deadline_ends_the_attempts() -> None:
    function = AsyncMock(side_effect=ConnectionError)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(100):
            await retry(function, attempts=10, first_pause=60)

    assert function.await_count == 2


async def test_cached_value_expires() -> None:
    get = cached(AsyncMock(side_effect=["first", "second"]), ttl=3600)

    assert await get() == "first"
    await asyncio.sleep(3599)
    assert await get() == "first"
    await asyncio.sleep(1)
    assert await get() == "second"


@pytest.mark.interleavings(20)
async def test_concurrent_callers_share_one_call() -> None:
    async def fetch() -> object:
        await asyncio.sleep(60)
        return object()

    get = cached(fetch, ttl=3600)

    first, second = await asyncio.gather(get(), get())
    assert first is second


async def test_failure_is_not_cached() -> None:
    get = cached(AsyncMock(side_effect=[ConnectionError, "value"]), ttl=3600)

    with pytest.raises(ConnectionError):
        await get()

    assert await get() == "value"


async def test_calls_wait_for_their_turn() -> None:
    limit, loop = RateLimit(rate=0.5), asyncio.get_running_loop()
    began, turns = loop.time(), []

    async def call(number: int) -> None:
        await limit.wait()
        turns.append((number, loop.time() - began))

    async with asyncio.TaskGroup() as group:
        for number in range(4):
            group.create_task(call(number))

    assert turns == [(0, 0), (1, 2), (2, 4), (3, 6)]


async def test_idle_time_does_not_allow_a_burst() -> None:
    limit, loop = RateLimit(rate=1), asyncio.get_running_loop()
    await limit.wait()
    await asyncio.sleep(3600)

    began = loop.time()
    for _ in range(3):
        await limit.wait()

    assert loop.time() - began == 2
