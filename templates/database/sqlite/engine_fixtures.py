"""The engine: as long as the event loop; a transaction and a session: as long as a test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from {{ cookiecutter.package_name }}.engine import create_engine
from {{ cookiecutter.package_name }}.store import UserStore

if TYPE_CHECKING:
    from .database_urls import WorkerDatabase


@pytest_asyncio.fixture(scope="{{ cookiecutter.fixture_loop_scope }}", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def rolled_back(database_url: str) -> AsyncIterator[AsyncEngine]:
    """The engine of `connection`, as long as the event loop."""
    engine = create_engine(database_url)
    yield engine
    await engine.dispose()


async def clean(engine: AsyncEngine, database: WorkerDatabase) -> None:
    """Make the database anew if anybody has committed to it."""
    if database.has_changed():
        await engine.dispose()
        database.make_anew()


@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def connection(
    rolled_back: AsyncEngine, worker_database: WorkerDatabase
) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction that is rolled back after the test."""
    await clean(rolled_back, worker_database)
    async with rolled_back.connect() as connection:
        await connection.begin()
        sync: Any = connection.sync_connection
        raw = sync.connection.driver_connection
        yield connection
    if raw._connection is None:  # closed by the test: the pool does not know
        await rolled_back.dispose()
    await clean(rolled_back, worker_database)
