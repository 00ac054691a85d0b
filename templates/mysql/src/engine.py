"""The engine that SQLAlchemy speaks to MySQL through."""

import asyncio
from typing import Any

import asyncmy
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

CONNECT_TIMEOUT = 10  # seconds


async def connect(**arguments: Any) -> asyncmy.Connection:
    """Connect to a server that is ready within CONNECT_TIMEOUT."""
    # asyncmy's own connect_timeout does not limit the wait for the server's greeting.
    async with asyncio.timeout(CONNECT_TIMEOUT):
        return await asyncmy.connect(**arguments)


def create_engine(database_url: str) -> AsyncEngine:
    """Return the engine of a database `mysql://…`; dispose of it when done."""
    url = make_url(database_url).set(drivername="mysql+asyncmy")
    return create_async_engine(url, connect_args={"async_creator_fn": connect})
