"""One request to the application, which stores a row: the template's fixtures."""

from typing import Any


async def test_request(client: Any) -> None:
    user = {"id": 1, "name": "Ada", "email": "ada@example.com"}
    assert (await client.post("/users", json=user)).status_code == 201
