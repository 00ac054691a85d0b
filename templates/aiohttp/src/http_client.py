"""The HTTP client that all remote APIs share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

HttpClient = aiohttp.ClientSession


@asynccontextmanager
async def open_http_client() -> AsyncIterator[HttpClient]:
    """Open a client with its connection pool, and close it at the end."""
    async with HttpClient() as client:
        yield client
