"""Whatever a test does, the next one sees an empty schema."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio
from demo.database import Database, open_database
from demo.store import UserExistsError, UserStore
from demo.users import User

ADA = User(1, "Ada", "ada@example.com")
BOB = User(2, "Bob", "bob@example.com")

RunSql = Callable[[str], Awaitable[object]]


async def add(database: Database, user: User) -> None:
    """Store a user in a transaction, which commits."""
    async with database.begin() as begun:
        await UserStore(begun).add(user)


async def count(database: Database) -> int:
    async with database.begin() as begun:
        return await UserStore(begun).count()


@pytest_asyncio.fixture(scope="function", loop_scope="LOOP")
async def empty_store(store: UserStore) -> UserStore:
    assert await store.count() == 0
    return store


@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_commit(empty_store: UserStore, run_sql: RunSql, time: str) -> None:
    await empty_store.add(ADA)
    await run_sql("COMMIT")


@pytest.mark.asyncio
async def test_error_rollback_commit(empty_store: UserStore, run_sql: RunSql) -> None:
    with pytest.raises(UserExistsError):
        await empty_store.add(ADA, ADA)
    await run_sql("ROLLBACK")
    with suppress(Exception):
        await empty_store.add(ADA)
    with suppress(Exception):
        await run_sql("COMMIT")


@pytest.mark.asyncio
async def test_committed_row_past_the_store(empty_store: UserStore, run_sql: RunSql) -> None:
    await run_sql("ROLLBACK")
    await run_sql("BEGIN")
    await run_sql("INSERT INTO users (id, name, email) VALUES (7, 'Eve', 'eve@example.com')")
    await run_sql("COMMIT")


@pytest.mark.asyncio
async def test_nested(empty_store: UserStore, run_sql: RunSql) -> None:
    await run_sql("SAVEPOINT outer_one")
    await empty_store.add(ADA)
    await run_sql("SAVEPOINT inner_one")
    await run_sql("INSERT INTO users (id, name, email) VALUES (7, 'Eve', 'eve@example.com')")
    await run_sql("ROLLBACK TO SAVEPOINT inner_one")
    assert await empty_store.count() == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_new_table(empty_store: UserStore, run_sql: RunSql, time: str) -> None:
    await run_sql("CREATE TABLE of_a_test (id integer)")
    await run_sql("INSERT INTO users (id, name, email) VALUES (7, 'Eve', 'eve@example.com')")
    with suppress(Exception):
        await run_sql("COMMIT")


@pytest.mark.asyncio
async def test_closed_connection(empty_store: UserStore, connection: Any) -> None:
    await empty_store.add(ADA)
    closing = connection.close()
    if inspect.isawaitable(closing):
        await closing


@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_closed_connection_of_the_driver(
    empty_store: UserStore, connection: Any, time: str
) -> None:
    await empty_store.add(ADA)
    if hasattr(connection, "get_raw_connection"):
        connection = (await connection.get_raw_connection()).driver_connection
    closing = connection.close()
    if inspect.isawaitable(closing):
        await closing


@pytest.mark.asyncio
async def test_killed_connection(empty_store: UserStore, run_sql: RunSql) -> None:
    await empty_store.add(ADA)
    with suppress(Exception):
        await run_sql("KILL_CONNECTION")


@pytest.mark.asyncio
async def test_cancelled_query(empty_store: UserStore, run_sql: RunSql) -> None:
    await empty_store.add(ADA)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await run_sql("SLOW_QUERY")


@pytest.mark.asyncio
@pytest.mark.timeout(0.5)
@pytest.mark.xfail(strict=True)
async def test_timeout_in_transaction(empty_store: UserStore, run_sql: RunSql) -> None:
    await empty_store.add(ADA)
    await run_sql("SAVEPOINT of_a_test")
    await asyncio.Event().wait()


@pytest_asyncio.fixture(scope="function", loop_scope="LOOP")
async def broken(empty_store: UserStore, run_sql: RunSql) -> None:
    await empty_store.add(ADA)
    await run_sql("COMMIT")
    raise RuntimeError


@pytest.mark.asyncio
@pytest.mark.xfail(strict=True, raises=RuntimeError)
async def test_exception_in_set_up(broken: None) -> None: ...


@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_many_connections(fresh_database: Database, time: str) -> None:
    await asyncio.gather(add(fresh_database, ADA), add(fresh_database, BOB))
    assert await count(fresh_database) == 2


@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_fresh_is_not_the_workers_own(
    empty_store: UserStore, fresh_database: Database, fresh_database_url: str, time: str
) -> None:
    await add(fresh_database, ADA)
    async with open_database(fresh_database_url) as other:
        assert await count(other) == 1
    assert await empty_store.count() == 0


@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_transactions_inside_the_test(
    empty_store: UserStore, database: Database, time: str
) -> None:
    await asyncio.gather(add(database, ADA), add(database, BOB))
    assert await empty_store.count() == 2


@pytest.mark.asyncio
async def test_last(empty_store: UserStore) -> None: ...
