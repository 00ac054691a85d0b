"""Whether the servers of the settings can be used, and the reason if they cannot."""

from urllib.parse import urlsplit

import asyncpg
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from .database import open_database
from .redis_client import connect


class CannotConnectError(Exception):
    """A server cannot be used: one line with the setting, the server and the reason."""

    def __init__(self, setting: str, url: str, error: Exception) -> None:
        parts = urlsplit(url)
        server = parts.netloc.rpartition("@")[2] + parts.path
        reason = str(getattr(error, "orig", error)).partition("\n")[0]
        if parts.netloc and "@" in parts.path + parts.query + parts.fragment:
            # Part of the password may be where the server should be.
            server = "this URL"
            reason = "percent-encode special characters of the password: %40 for @"
        super().__init__(
            f"{setting}: cannot connect to {server}: {reason or 'no response in time'}"
        )


async def check_database(database_url: str) -> None:
    """Connect once; CannotConnectError says why that is impossible."""
    try:
        async with open_database(database_url) as database, database.begin() as session:
            await session.execute(text("SELECT 1"))
    except (OSError, ValueError, asyncpg.PostgresError, SQLAlchemyError) as error:
        raise CannotConnectError("DATABASE_URL", database_url, error) from error


async def check_redis(redis_url: str, seconds: float) -> None:
    """Send a PING; CannotConnectError says why there is no response in time."""
    try:
        async with connect(redis_url, timeout=seconds) as redis:
            await redis.ping()
    except (OSError, ValueError, RedisError) as error:
        raise CannotConnectError("REDIS_URL", redis_url, error) from error
