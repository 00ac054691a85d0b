# /// script
# dependencies = ["pytest", "pytest-asyncio", "httpx", "pytest-httpx"]
# ///
"""pytest-httpx, and a new client for each test."""

import httpx

ADA = {"id": 1, "name": "Ada", "email": "ada@example.com"}


async def test_fetch(httpx_mock):
    httpx_mock.add_response(url="https://api.example.com/users/1", json=ADA)
    async with httpx.AsyncClient() as client:
        response = await client.get("https://api.example.com/users/1")
    assert response.json() == ADA
