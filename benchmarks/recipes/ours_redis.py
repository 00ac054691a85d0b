"""One command to a Redis that is empty for each test: the template's fixtures."""

from typing import Any


async def test_round_trip(redis_client: Any, redis_prefix: str) -> None:
    assert await redis_client.set(f"{redis_prefix}key", 1)
