# /// script
# dependencies = ["pytest", "pytest-asyncio", "aiohttp", "aioresponses"]
# ///
"""aioresponses, and a new client for each test."""

import aiohttp
from aioresponses import aioresponses

ADA = {"id": 1, "name": "Ada", "email": "ada@example.com"}


async def test_fetch():
    with aioresponses() as mocked:
        mocked.get("https://api.example.com/users/1", payload=ADA)
        async with aiohttp.ClientSession() as client:
            response = await client.get("https://api.example.com/users/1")
            assert await response.json() == ADA
