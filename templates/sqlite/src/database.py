"""A connection for each request, which is a transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from aiosqlite import Connection
from fastapi import Depends, Request

from .store import UserStore, connect, transaction


@asynccontextmanager
async def open_database(database_url: str) -> AsyncIterator[str]:
    """Give the URL: a connection to SQLite is so cheap that nothing is kept open."""
    yield database_url


@asynccontextmanager
async def store_on(connection: Connection) -> AsyncIterator[UserStore]:
    """Open the store in a transaction: a failure inside undoes all that was stored."""
    async with transaction(connection):
        yield UserStore(connection)


async def get_store(request: Request) -> AsyncIterator[UserStore]:
    """Give a request a connection of its own."""
    database_url: str = request.app.state.database
    async with connect(database_url) as connection, store_on(connection) as store:
        yield store


Store = Annotated[UserStore, Depends(get_store, scope="function")]
