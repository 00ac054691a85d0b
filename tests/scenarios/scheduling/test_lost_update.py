"""A store that reads in one transaction and writes in another, beside its repaired version."""

import asyncio

import pytest
import pytest_asyncio
from demo.database import Database
from sqlalchemy import text

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(60)]


@pytest_asyncio.fixture(scope="function", loop_scope="LOOP")
async def accounts(database: Database) -> Database:
    async with database.begin() as session:
        await session.execute(text("CREATE TABLE accounts (balance INTEGER NOT NULL)"))
        await session.execute(text("INSERT INTO accounts VALUES (100)"))
    return database


async def balance_of(accounts: Database) -> int:
    async with accounts.begin() as session:
        return int((await session.execute(text("SELECT balance FROM accounts"))).scalar_one())


async def pay(accounts: Database, amount: int) -> None:
    balance = await balance_of(accounts) - amount
    async with accounts.begin() as session:
        await session.execute(text(f"UPDATE accounts SET balance = {balance}"))


async def pay_in_one_statement(accounts: Database, amount: int) -> None:
    async with accounts.begin() as session:
        await session.execute(text(f"UPDATE accounts SET balance = balance - {amount}"))


# Order 0 of seed 0 fails: so does the usual order(?s:.*)pay +pay 2 +test_wrong
@pytest.mark.interleavings(200)
async def test_wrong_lost_update(accounts: Database) -> None:
    await asyncio.gather(pay(accounts, 1), pay(accounts, 2))
    assert await balance_of(accounts) == 97


@pytest.mark.interleavings(RIGHT)
async def test_no_lost_update(accounts: Database) -> None:
    await asyncio.gather(pay_in_one_statement(accounts, 1), pay_in_one_statement(accounts, 2))
    assert await balance_of(accounts) == 97
