"""A connection for each request, which is a transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import asyncmy
from asyncmy.connection import Connection
from asyncmy.pool import Pool
from fastapi import Depends, Request

from .store import UserStore, arguments_of, transaction


@asynccontextmanager
async def open_database(database_url: str) -> AsyncIterator[Pool]:
    """Open the pool of connections, which are made when they are needed."""
    arguments = arguments_of(database_url)
    async with asyncmy.create_pool(minsize=0, **arguments) as pool:
        yield pool


@asynccontextmanager
async def store_on(connection: Connection) -> AsyncIterator[UserStore]:
    """Open the store in a transaction: a failure inside undoes all that was stored."""
    async with transaction(connection):
        yield UserStore(connection)


async def get_store(request: Request) -> AsyncIterator[UserStore]:
    """Give a request a connection of its own."""
    pool: Pool = request.app.state.database
    async with pool.acquire() as connection, store_on(connection) as store:
        yield store


Store = Annotated[UserStore, Depends(get_store, scope="function")]
