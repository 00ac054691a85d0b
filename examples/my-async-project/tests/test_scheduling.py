"""Time and order under control: see `tests/scheduling`."""

import asyncio

import pytest


@pytest.mark.virtual_time
async def test_hours_pass_at_once() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(3600):
            await asyncio.Event().wait()

    assert loop.time() - began == 3600


@pytest.mark.interleavings(20)
async def test_any_order_of_the_tasks() -> None:
    lock, balance = asyncio.Lock(), 100

    async def pay(amount: int) -> None:
        nonlocal balance
        async with lock:
            before = balance
            await asyncio.sleep(0)  # without the lock, another payment would be lost
            balance = before - amount

    await asyncio.gather(pay(1), pay(2))
    assert balance == 97
