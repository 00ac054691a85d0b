# /// script
# dependencies = ["pytest", "pytest-asyncio", "httpx2", "pytest-httpx2"]
# ///
"""pytest-httpx2 (respx for HTTPX2), and a new client for each test."""

import httpx2

ADA = {"id": 1, "name": "Ada", "email": "ada@example.com"}


async def test_fetch(httpx2_mock):
    httpx2_mock.get("https://api.example.com/users/1").respond(json=ADA)
    async with httpx2.AsyncClient() as client:
        response = await client.get("https://api.example.com/users/1")
    assert response.json() == ADA
