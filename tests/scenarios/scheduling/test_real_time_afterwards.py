import asyncio
import time

import pytest

pytestmark = pytest.mark.asyncio


@pytest.mark.virtual_time
async def test_1_virtual() -> None:
    await asyncio.sleep(3600)


async def test_2_real() -> None:
    began, loop = time.monotonic(), asyncio.get_running_loop()
    clock = loop.time()
    await asyncio.sleep(0.1)
    assert time.monotonic() - began >= 0.09
    assert loop.time() - clock >= 0.09
