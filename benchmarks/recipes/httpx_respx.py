# /// script
# dependencies = ["pytest", "pytest-asyncio", "httpx", "respx"]
# ///
"""respx, and a new client for each test."""

import httpx

ADA = {"id": 1, "name": "Ada", "email": "ada@example.com"}


async def test_fetch(respx_mock):
    respx_mock.get("https://api.example.com/users/1").respond(json=ADA)
    async with httpx.AsyncClient() as client:
        response = await client.get("https://api.example.com/users/1")
    assert response.json() == ADA
