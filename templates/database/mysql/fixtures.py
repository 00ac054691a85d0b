"""A connection in a transaction, and the store on it: as long as a test."""

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


@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def connection(
    database_url: str, empty_database: Callable[[], Awaitable[None]]
) -> AsyncIterator[Connection]:
    """A connection in a transaction that is rolled back after the test.

    Each test has its own: variables, locks and temporary tables outlive a rollback.
    """
    async with asyncmy.connect(**arguments_of(database_url)) as connection:
        await execute(connection, "BEGIN; SAVEPOINT test")
        yield connection
        try:
            await execute(connection, "ROLLBACK TO SAVEPOINT test; ROLLBACK")
            return
        except MySQLError:
            # The test has ended our transaction: what it left may be in the database.
            connection.close()
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
