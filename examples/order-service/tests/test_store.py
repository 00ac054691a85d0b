import asyncio
from collections.abc import Awaitable, Callable

import pytest

from order_service.database import Database
from order_service.store import UserExistsError, UserStore
from order_service.users import User, UserNotFoundError

ADA = User(1, "Ada", "ada@example.com")
BOB = User(2, "Bob", "bob@example.com")


async def test_stored_users_can_be_read(store: UserStore) -> None:
    await store.add(ADA, BOB)

    assert await store.get(1) == ADA
    assert await store.get(2) == BOB


async def test_missing_user(store: UserStore) -> None:
    with pytest.raises(UserNotFoundError):
        await store.get(1)


@pytest.mark.parametrize(
    "duplicate",
    [
        pytest.param(User(1, "Eve", "eve@example.com"), id="same id"),
        pytest.param(User(3, "Eve", "ada@example.com"), id="same email"),
    ],
)
async def test_duplicate_is_refused(store: UserStore, duplicate: User) -> None:
    await store.add(ADA)

    with pytest.raises(UserExistsError):
        await store.add(duplicate)

    assert await store.count() == 1


async def test_other_violations_are_not_mistaken_for_duplicates(
    store: UserStore, run_sql: Callable[[str], Awaitable[object]]
) -> None:
    await run_sql("ALTER TABLE users RENAME TO of_a_test")

    with pytest.raises(Exception, match="users") as failure:
        await store.add(ADA)

    assert not isinstance(failure.value, UserExistsError)


async def test_all_users_are_stored_or_none(store: UserStore) -> None:
    with pytest.raises(UserExistsError):
        await store.add(ADA, BOB, ADA)

    assert await store.count() == 0


@pytest.mark.parametrize("run", ["first", "second"])
async def test_each_test_starts_empty(
    store: UserStore, run_sql: Callable[[str], Awaitable[object]], run: str
) -> None:
    assert await store.count() == 0, f"a row of another test met the {run} run"

    with pytest.raises(UserExistsError):
        await store.add(ADA, ADA)
    await store.add(ADA)
    await run_sql("COMMIT")


async def test_what_one_transaction_stores_another_sees(
    fresh_database: Database,
) -> None:
    async with fresh_database.begin() as session:
        await UserStore(session).add(ADA)

    async with fresh_database.begin() as session:
        assert await UserStore(session).get(1) == ADA


async def test_failed_transaction_stores_nothing(
    database: Database, fresh_database: Database
) -> None:
    async def add_and_fail(to: Database) -> None:
        async with to.begin() as session:
            await UserStore(session).add(ADA)
            raise ConnectionError("too late")

    for one in (database, fresh_database):
        with pytest.raises(ConnectionError, match="too late"):
            await add_and_fail(one)

        async with one.begin() as session:
            assert await UserStore(session).count() == 0


async def test_transactions_inside_the_test_run_one_at_a_time(
    database: Database, store: UserStore
) -> None:
    async def add(user: User) -> int:
        async with database.begin() as session:
            await UserStore(session).add(user)
            return await UserStore(session).count()

    assert sorted(await asyncio.gather(add(ADA), add(BOB))) == [1, 2]
    assert await store.count() == 2


@pytest.mark.interleavings(5)
async def test_one_of_two_duplicates_is_stored(
    fresh_database: Database,
) -> None:
    async def add() -> bool:
        async with fresh_database.begin() as session:
            try:
                await UserStore(session).add(ADA)
            except UserExistsError:
                return False
        return True

    assert sorted(await asyncio.gather(add(), add())) == [False, True]
