"""The database in tests: a connection in the test's transaction, and real commits."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from my_async_project.database import (
    Connection,
    Database,
    create_schema,
)

from .notes import NOTES, add_note, create_notes, read_notes

RunSql = Callable[[str], Awaitable[object]]


@pytest.mark.parametrize("run", ["first", "second"])
async def test_what_a_test_writes_is_gone_in_the_next(
    connection: Connection, run_sql: RunSql, run: str
) -> None:
    await run_sql(f"CREATE TABLE {NOTES}")  # fails if there is one of another test
    await add_note(connection, run)

    assert await read_notes(connection) == [run]
    await run_sql("COMMIT")


async def test_committed_transaction_is_visible_to_the_next(
    fresh_database: Database,
) -> None:
    async with fresh_database.begin() as connection:
        await create_notes(connection)
        await add_note(connection, "committed")

    async with fresh_database.begin() as connection:
        assert await read_notes(connection) == ["committed"]


async def test_failed_transaction_is_rolled_back(
    database: Database, fresh_database: Database, run_sql: RunSql
) -> None:
    await run_sql(f"CREATE TEMPORARY TABLE {NOTES}")
    async with fresh_database.begin() as connection:
        await create_notes(connection)

    async def add_and_fail(to: Database) -> None:
        async with to.begin() as connection:
            await add_note(connection, "rolled back")
            raise ConnectionError("too late")

    for one in (database, fresh_database):
        with pytest.raises(ConnectionError, match="too late"):
            await add_and_fail(one)

        async with one.begin() as connection:
            assert await read_notes(connection) == []


async def test_concurrent_transactions_inside_the_test_take_turns(
    database: Database, run_sql: RunSql
) -> None:
    await run_sql(f"CREATE TEMPORARY TABLE {NOTES}")

    async def add(text: str) -> int:
        async with database.begin() as connection:
            await add_note(connection, text)
            return len(await read_notes(connection))

    assert sorted(await asyncio.gather(add("one"), add("two"))) == [1, 2]


async def test_schema_is_created(
    fresh_database_url: str, fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "my_async_project.database.SCHEMA",
        [f"CREATE TABLE {NOTES}"],
    )

    await create_schema(fresh_database_url)

    async with fresh_database.begin() as connection:
        assert await read_notes(connection) == []
