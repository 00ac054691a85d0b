"""The engine: as long as the event loop; a transaction and a session: as long as a test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import pytest
import pytest_asyncio
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from {{ cookiecutter.package_name }}.engine import create_engine
from {{ cookiecutter.package_name }}.store import UserStore


@pytest_asyncio.fixture(scope="{{ cookiecutter.fixture_loop_scope }}", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def rolled_back(database_url: str) -> AsyncIterator[AsyncEngine]:
    """The engine of `connection`, as long as the event loop."""
    engine = create_engine(database_url)
    yield engine
    await engine.dispose()


@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def connection(
    rolled_back: AsyncEngine, empty_database: Callable[[], Awaitable[None]]
) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction that is rolled back after the test.

    Each test has its own: variables, locks and temporary tables outlive a rollback.
    """
    async with rolled_back.connect() as connection:
        transaction = await connection.begin()
        await connection.exec_driver_sql("SAVEPOINT test")
        yield connection
        try:
            await connection.exec_driver_sql("ROLLBACK TO SAVEPOINT test")
            await transaction.rollback()
            is_ours = True
        except SQLAlchemyError:
            is_ours = False
        if not connection.closed:
            await connection.invalidate()
    if not is_ours:
        # The test has ended our transaction: what it left may be in the database.
        await rolled_back.dispose()
        await empty_database()
