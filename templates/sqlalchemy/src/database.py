"""A session for each request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from .engine import create_engine
from .store import UserStore


@asynccontextmanager
async def open_database(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Open the engine, which connects when it must."""
    engine = create_engine(database_url)
    try:
        yield engine
    finally:
        await engine.dispose()


@asynccontextmanager
async def store_on(bind: AsyncEngine | AsyncConnection) -> AsyncIterator[UserStore]:
    """Open the store with a session of its own, inside a transaction if there is one."""
    async with AsyncSession(
        bind, expire_on_commit=False, join_transaction_mode="create_savepoint"
    ) as session:
        yield UserStore(session)


async def get_store(request: Request) -> AsyncIterator[UserStore]:
    """Give a request a session of its own."""
    engine: AsyncEngine = request.app.state.database
    async with store_on(engine) as store:
        yield store


Store = Annotated[UserStore, Depends(get_store, scope="function")]
