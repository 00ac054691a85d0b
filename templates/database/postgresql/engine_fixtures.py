"""The engine: as long as the event loop; a transaction and a session: as long as a test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from {{ cookiecutter.package_name }}.engine import create_engine
from {{ cookiecutter.package_name }}.store import UserStore

{% include "database/postgresql_rolled_back.py" %}

@pytest_asyncio.fixture(scope="{{ cookiecutter.fixture_loop_scope }}", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def rolled_back(database_url: str) -> AsyncIterator[AsyncEngine]:
    """The engine of `connection`, as long as the event loop."""
    engine = create_engine(database_url)

    @event.listens_for(engine.sync_engine, "do_connect")
    def connect(
        _dialect: object, _record: object, _args: object, parameters: dict[str, Any]
    ) -> None:
        parameters["connection_class"] = RolledBack

    yield engine
    await engine.dispose()


@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def connection(
    rolled_back: AsyncEngine, empty_database: Callable[[], Awaitable[None]]
) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction that is rolled back after the test.

    SQLAlchemy's own transactions are savepoints inside it.
    """
    async with rolled_back.connect() as connection:
        sync: Any = connection.sync_connection
        raw: RolledBack = sync.connection.driver_connection
        level = sync.connection.dbapi_connection.isolation_level
        transaction = raw.transaction(isolation=level)
        raw.form = BEGIN
        try:
            await transaction.start()
        except BaseException:
            await connection.invalidate()
            raise
        yield connection
        try:
            await connection.rollback()
            raw.form = ROLLBACK
            await transaction.rollback()
            if raw.listens:
                await connection.invalidate()
            return
        except (SQLAlchemyError, *NOT_OUR_TRANSACTION):
            # The test has ended our transaction: what it left may be in the database.
            if not connection.closed:
                await connection.invalidate()
    await rolled_back.dispose()
    await empty_database()
