import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine


@pytest_asyncio.fixture(scope="function", loop_scope="LOOP")
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/data")
    yield engine
    await engine.dispose()


@pytest_asyncio.fixture(scope="function", loop_scope="LOOP")
async def own_session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine) as session:
        await session.connection()  # so that SQLAlchemy itself does not refuse it
        yield session


async def count(session: AsyncSession) -> None:
    await session.execute(text("SELECT 1"))  # the line of count


# test_wrong_gather uses one AsyncSession in two tasks at once\n  tests/test_sharing.py:(\d+) in .*\n  tests/test_sharing.py:(?!\1)\d+ in .*
@pytest.mark.asyncio
async def test_wrong_gather(own_session: AsyncSession) -> None:
    await asyncio.gather(
        own_session.scalar(text("SELECT 1")),
        own_session.scalar(text("SELECT 2")),
    )


# AsyncSession in two tasks at once(\n  tests/test_sharing.py:\d+ in count){2}
@pytest.mark.asyncio
async def test_wrong_group(own_session: AsyncSession) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(count(own_session))
        group.create_task(count(own_session))


# AsyncSession in two tasks at once
@pytest.mark.asyncio
async def test_wrong_commit(own_session: AsyncSession) -> None:
    results = await asyncio.gather(count(own_session), own_session.commit(), return_exceptions=True)
    assert len(results) == 2


# AsyncConnection in two tasks at once
@pytest.mark.asyncio
async def test_wrong_connection(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await asyncio.gather(
            connection.scalar(text("SELECT 1")), connection.scalar(text("SELECT 2"))
        )


@pytest.mark.asyncio
async def test_right_tasks_one_after_the_other(own_session: AsyncSession) -> None:
    for _ in range(2):
        await asyncio.create_task(count(own_session))


@pytest.mark.asyncio
async def test_right_lock(own_session: AsyncSession) -> None:
    lock = asyncio.Lock()

    async def count_alone() -> None:
        async with lock:
            await count(own_session)

    await asyncio.gather(count_alone(), count_alone(), count_alone())


@pytest.mark.asyncio
async def test_right_a_session_for_each_task(engine: AsyncEngine) -> None:
    async def count_in_own() -> None:
        async with AsyncSession(engine) as session:
            await count(session)

    await asyncio.gather(count_in_own(), count_in_own())


@pytest.mark.asyncio
async def test_right_after_a_cancelled_statement(own_session: AsyncSession) -> None:
    task = asyncio.create_task(count(own_session))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await own_session.rollback()
    await count(own_session)


@pytest.mark.asyncio
async def test_right_stream_beside_statements(own_session: AsyncSession) -> None:
    async for _ in await own_session.stream(text("SELECT 1 UNION SELECT 2")):
        await count(own_session)


@pytest.mark.asyncio
@pytest.mark.allow_sharing("the session is warmed up, and its adapter has a lock")
async def test_right_allowed(own_session: AsyncSession) -> None:
    await asyncio.gather(count(own_session), count(own_session))
