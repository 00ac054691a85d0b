"""The database in tests: a session in the test's transaction, and real commits."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from order_service.database import Database

from .notes import NOTES, add_note, create_notes, read_notes

RunSql = Callable[[str], Awaitable[object]]


@pytest.mark.parametrize("run", ["first", "second"])
async def test_what_a_test_writes_is_gone_in_the_next(
    session: AsyncSession, run_sql: RunSql, run: str
) -> None:
    await run_sql(f"CREATE TABLE {NOTES}")  # fails if there is one of another test
    await add_note(session, run)

    assert await read_notes(session) == [run]
    await run_sql("COMMIT")


async def test_committed_transaction_is_visible_to_the_next(
    fresh_database: Database,
) -> None:
    async with fresh_database.begin() as session:
        await create_notes(session)
        await add_note(session, "committed")

    async with fresh_database.begin() as session:
        assert await read_notes(session) == ["committed"]


async def test_failed_transaction_is_rolled_back(
    database: Database, fresh_database: Database, run_sql: RunSql
) -> None:
    await run_sql(f"CREATE TEMPORARY TABLE {NOTES}")
    async with fresh_database.begin() as session:
        await create_notes(session)

    async def add_and_fail(to: Database) -> None:
        async with to.begin() as session:
            await add_note(session, "rolled back")
            raise ConnectionError("too late")

    for one in (database, fresh_database):
        with pytest.raises(ConnectionError, match="too late"):
            await add_and_fail(one)

        async with one.begin() as session:
            assert await read_notes(session) == []


async def test_concurrent_transactions_inside_the_test_take_turns(
    database: Database, run_sql: RunSql
) -> None:
    await run_sql(f"CREATE TEMPORARY TABLE {NOTES}")

    async def add(text: str) -> int:
        async with database.begin() as session:
            await add_note(session, text)
            return len(await read_notes(session))

    assert sorted(await asyncio.gather(add("one"), add("two"))) == [1, 2]
