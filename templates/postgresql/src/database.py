"""A connection for each request, which is a transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import asyncpg
from fastapi import Depends, Request

from .store import UserStore

if TYPE_CHECKING:
    from .store import Connection


@asynccontextmanager
async def open_database(
    database_url: str,
) -> AsyncIterator[asyncpg.Pool[asyncpg.Record]]:
    """Open the pool of connections, which are made when they are needed."""
    async with asyncpg.create_pool(database_url, min_size=0) as pool:
        yield pool


@asynccontextmanager
async def store_on(connection: Connection) -> AsyncIterator[UserStore]:
    """Open the store in a transaction: a failure inside undoes all that was stored."""
    async with connection.transaction():
        yield UserStore(connection)


async def get_store(request: Request) -> AsyncIterator[UserStore]:
    """Give a request a connection of its own."""
    pool: asyncpg.Pool[asyncpg.Record] = request.app.state.database
    async with pool.acquire() as connection, store_on(connection) as store:
        yield store


Store = Annotated[UserStore, Depends(get_store, scope="function")]
