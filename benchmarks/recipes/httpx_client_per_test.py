# /// script
# dependencies = ["pytest", "pytest-asyncio", "pytest-httpserver", "httpx"]
# ///
"""A new client for each test, a real server on loopback."""

import httpx

ADA = {"id": 1, "name": "Ada", "email": "ada@example.com"}


async def test_fetch(httpserver):
    httpserver.expect_request("/users/1").respond_with_json(ADA)
    async with httpx.AsyncClient() as client:
        response = await client.get(httpserver.url_for("/users/1"))
    assert response.json() == ADA
