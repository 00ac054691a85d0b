"""The open database: as long as the event loop; a transaction of it: as long as a test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import asyncmy
import pytest
import pytest_asyncio
from asyncmy.connection import Connection
from asyncmy.errors import MySQLError
from asyncmy.pool import Pool

from {{ cookiecutter.package_name }}.store import (
    UserStore,
    arguments_of,
    execute,
)


@pytest_asyncio.fixture(scope="{{ cookiecutter.fixture_loop_scope }}", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def rolled_back(database_url: str) -> AsyncIterator[Pool]:
    """The pool of `connection`, as long as the event loop."""
    async with asyncmy.create_pool(**arguments_of(database_url)) as pool:
        yield pool


@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def connection(
    rolled_back: Pool, empty_database: Callable[[], Awaitable[None]]
) -> AsyncIterator[Connection]:
    """A connection in a transaction that is rolled back after the test."""
    async with rolled_back.acquire() as connection:
        await execute(connection, "BEGIN")
        await execute(connection, "SAVEPOINT test")
        yield connection
        try:
            await execute(connection, "ROLLBACK TO SAVEPOINT test")
            await execute(connection, "ROLLBACK")
            return
        except MySQLError:
            # The test has ended our transaction: what it left may be in the database.
            connection.close()
    await rolled_back.clear()
    await empty_database()


@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def database(fresh_database: str) -> AsyncIterator[Pool]:
    """A pool of connections to `fresh_database`."""
    async with asyncmy.create_pool(**arguments_of(fresh_database)) as pool:
        yield pool


@pytest.fixture
def run_sql(connection: Connection) -> Callable[[str], Awaitable[object]]:
    """Run any statement on the connection of the store."""
    return partial(execute, connection)


@pytest.fixture
def store(connection: Connection) -> UserStore:
    """An empty store."""
    return UserStore(connection)
