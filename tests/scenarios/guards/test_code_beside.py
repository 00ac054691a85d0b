import asyncio
import sys
from pathlib import Path

import pytest

sys.path.append(f"{Path(__file__).parents[2]}-beside")
import beside


@pytest.mark.asyncio
async def test_library():
    await beside.start()


@pytest.mark.asyncio
async def test_own_code():
    started = asyncio.create_task(asyncio.Event().wait())
