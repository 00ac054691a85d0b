import asyncio

import pytest

from inventory import Inventory

SEEN = []


@pytest.fixture
def inventory():
    SEEN.clear()
    return Inventory()


@pytest.mark.asyncio
async def test_follow(inventory):
    follower = asyncio.create_task(inventory.follow(SEEN.append))
    await inventory.add("nut")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert SEEN == [{"nut": 1}]
    follower.cancel()


@pytest.mark.asyncio
async def test_follow_two_changes(inventory):
    asyncio.create_task(inventory.follow(SEEN.append))
    for _ in range(2):
        await inventory.add("nut")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert len(SEEN) == 2


@pytest.mark.skip(reason="needs the shop's network")
def test_prices():
    raise NotImplementedError
