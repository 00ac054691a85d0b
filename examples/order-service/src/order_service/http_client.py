"""The HTTP client that all remote APIs share."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

import httpx2

HttpClient = httpx2.AsyncClient


@cache
def certificates() -> ssl.SSLContext:
    """Load the trusted certificates once per process, because it takes about 25 ms."""
    return ssl.create_default_context()


@asynccontextmanager
async def open_http_client() -> AsyncIterator[HttpClient]:
    """Open a client with its connection pool, and close it at the end."""
    async with HttpClient(verify=certificates()) as client:
        yield client
