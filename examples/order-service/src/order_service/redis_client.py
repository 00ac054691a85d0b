"""The client of Redis."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


def connect(url: str, *, timeout: float = 1.0) -> Redis:
    """Return a client of the Redis at `url`; to be closed in the end.

    It waits `timeout` seconds for a response and does not try again.
    """
    return Redis.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
    )
