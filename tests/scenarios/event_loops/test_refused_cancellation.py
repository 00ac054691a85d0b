import asyncio

import pytest

pytestmark = pytest.mark.timeout(0.5)


@pytest.mark.asyncio
async def test_refuses_to_be_cancelled():
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        await asyncio.Event().wait()


@pytest.mark.asyncio
async def test_after():
    await asyncio.sleep(0)
