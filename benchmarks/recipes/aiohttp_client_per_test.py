# /// script
# dependencies = ["pytest", "pytest-asyncio", "pytest-httpserver", "aiohttp"]
# ///
"""A new client for each test, a real server on loopback."""

import aiohttp

ADA = {"id": 1, "name": "Ada", "email": "ada@example.com"}


async def test_fetch(httpserver):
    httpserver.expect_request("/users/1").respond_with_json(ADA)
    async with aiohttp.ClientSession() as client:
        response = await client.get(httpserver.url_for("/users/1"))
        assert await response.json() == ADA
