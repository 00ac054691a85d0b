"""The engine: as long as the event loop; a transaction and a session: as long as a test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

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


@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def connection(
    rolled_back: AsyncEngine, worker_database: "WorkerDatabase"
) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction that is rolled back after the test."""
    async with rolled_back.connect() as connection:
        await connection.begin()
        before = worker_database.version()
        yield connection
    if worker_database.version() != before:
        # It was committed, by this connection or another one.
        await rolled_back.dispose()
        worker_database.make_anew()
