"""Whatever a test does, the next one sees an empty schema."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio
from demo.store import UserExistsError, UserStore, open_store
from demo.users import User

ADA = User(1, "Ada", "ada@example.com")
BOB = User(2, "Bob", "bob@example.com")

RunSql = Callable[[str], Awaitable[object]]


async def commit(database: Any, statement: str) -> None:
    """Commit a statement through whatever the fixture gives."""
    if hasattr(database, "begin"):  # an engine of SQLAlchemy
        async with database.begin() as connection:
            await connection.exec_driver_sql(statement)
    elif hasattr(database, "execute"):  # a pool of asyncpg, a connection of aiosqlite
        await database.execute(statement)
        if hasattr(database, "commit"):
            await database.commit()
    else:  # a pool of asyncmy
        async with database.acquire() as connection:
            await connection.query(statement)
            await connection.commit()


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
async def test_many_connections(fresh_database: str, time: str) -> None:
    async with open_store(fresh_database) as one, open_store(fresh_database) as other:
        await asyncio.gather(one.add(ADA), other.add(BOB))
    async with open_store(fresh_database) as store:
        assert await store.count() == 2


@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_committed_through_the_pool(
    empty_store: UserStore, database: Any, fresh_database: str, time: str
) -> None:
    statement = "INSERT INTO users (id, name, email) VALUES (7, 'Eve', 'eve@example.com')"
    await commit(database, statement)
    async with open_store(fresh_database) as store:
        assert await store.count() == 1
    assert await empty_store.count() == 0


@pytest.mark.asyncio
async def test_fresh_is_not_the_workers_own(empty_store: UserStore, fresh_database: str) -> None:
    async with open_store(fresh_database) as store:
        await store.add(ADA)
    assert await empty_store.count() == 0


@pytest.mark.asyncio
async def test_last(empty_store: UserStore) -> None: ...
