import asyncio

import pytest

from ticker import Ticker, fail

pytestmark = pytest.mark.asyncio


async def test_counts(ticker):
    await ticker.start()
    assert ticker.count == 1
    await ticker.stop()


async def test_starts(ticker):
    await ticker.start()
    assert not ticker.task.done()


async def test_failure_does_not_stop_others():
    asyncio.ensure_future(fail("no such ticker"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_stop_without_start():
    with pytest.raises(AttributeError):
        await Ticker().stop()


@pytest.mark.parametrize("count", [1, 1, 2])
async def test_two_tickers(count):
    tickers = [Ticker() for _ in range(count)]
    for each in tickers:
        await each.start()
    await asyncio.gather(*(each.stop() for each in tickers))


@pytest.mark.xfail(reason="not implemented")
async def test_can_be_paused(ticker):
    await ticker.pause()


@pytest.mark.flaky_on_ci
async def test_known_to_fail(ticker):
    assert ticker.count == 1
