import asyncio
import os

import pytest

pytestmark = pytest.mark.asyncio
runs: list[list[str]] = []


@pytest.fixture
def trace() -> list[str]:
    """New in each order."""
    runs.append([])
    return runs[-1]


@pytest.mark.interleavings(200)
async def test_order(trace: list[str]) -> None:
    async def step(name: str, count: int) -> None:
        for number in range(count):
            trace.append(f"{name}{number}")
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        group.create_task(step("a", 3), name="first task")
        group.create_task(step("b", 3), name="second task")
    print("TRACE", *trace)
    assert trace.index("b2") > trace.index("a1")


@pytest.mark.interleavings(30)
async def test_fixtures_are_new(trace: list[str]) -> None:
    assert trace == []
    trace.append("used")


@pytest.mark.interleavings(10)
@pytest.mark.xfail(strict=True)
async def test_known_race() -> None:
    order: list[int] = []

    async def append(number: int) -> None:
        order.append(number)

    await asyncio.gather(append(1), append(2))
    assert order == [1, 2]


@pytest.mark.interleavings(10)
async def test_skipped() -> None:
    pytest.skip("in the first order")


@pytest.mark.interleavings(10)
async def test_fails_once() -> None:
    path = os.environ["ONCE"]
    if not os.path.exists(path):
        open(path, "w").close()
        raise AssertionError("only once")


@pytest.mark.interleavings(5)
@pytest.mark.timeout(1)
async def test_hangs_in_one_order() -> None:
    first: list[int] = []

    async def append(number: int) -> None:
        first.append(number)

    await asyncio.gather(append(1), append(2))
    if first[0] == 2:
        await asyncio.Event().wait()
