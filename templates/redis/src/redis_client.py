"""The Redis client."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


def connect(url: str, *, timeout: float = 1.0) -> Redis:
    """Return a client for the Redis server at `url`; close it when done.

    It waits `timeout` seconds for a response and does not retry.
    """
    return Redis.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
    )
