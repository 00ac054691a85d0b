"""Async fixtures: when they are set up, on which loop, and for how long they live."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio


@pytest.fixture
def journal() -> Iterator[list[str]]:
    """What happened, in order; checked when everything else is torn down."""
    entries: list[str] = []
    yield entries
    assert entries == ["set up", "used", "torn down"]


@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def resource(journal: list[str]) -> AsyncIterator[list[str]]:
    """An async fixture that uses a sync one; after `yield` it tears down in any case."""
    await asyncio.sleep(0)
    journal.append("set up")
    yield journal
    await asyncio.sleep(0)
    journal.append("torn down")


@pytest.fixture
def user_of_resource(resource: list[str]) -> list[str]:
    """A sync fixture that uses an async one gets its value, not a coroutine."""
    resource.append("used")
    return resource


{{ cookiecutter.__async_test }}async def test_setup_comes_before_the_test(user_of_resource: list[str]) -> None:
    assert user_of_resource == ["set up", "used"]


@pytest_asyncio.fixture(scope="{{ cookiecutter.fixture_loop_scope }}", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def shared_loop() -> asyncio.AbstractEventLoop:
    """One per event loop: for resources that are expensive to create."""
    return asyncio.get_running_loop()


@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def queue() -> asyncio.Queue[int]:
    """A new one for each test: for what tests change."""
    return asyncio.Queue(maxsize=1)


{{ cookiecutter.__async_test }}class TestScopes:
    async def test_tests_run_on_the_loop_of_their_fixtures(
        self, shared_loop: asyncio.AbstractEventLoop
    ) -> None:
        assert asyncio.get_running_loop() is shared_loop

    @pytest.mark.parametrize("item", [1, 2])
    async def test_each_test_has_a_queue_of_its_own(
        self, queue: asyncio.Queue[int], item: int
    ) -> None:
        queue.put_nowait(item)  # a queue of another test would be full

        assert await queue.get() == item
