import asyncio
import queue
from collections.abc import AsyncIterator

import anyio
import anyio.abc
import pytest
import trio

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(1)]
log: list[str] = []


@pytest.fixture
async def group(anyio_backend: object) -> AsyncIterator[anyio.abc.TaskGroup]:
    async with anyio.create_task_group() as group:
        yield group
        group.cancel_scope.cancel()


@pytest.fixture
async def deadline(anyio_backend: object) -> AsyncIterator[None]:
    with anyio.fail_after(5):
        yield
    await anyio.lowlevel.checkpoint()
    log.append("torn down")


async def test_right_group(group: anyio.abc.TaskGroup) -> None:
    done = anyio.Event()

    async def work() -> None:
        done.set()

    group.start_soon(work)
    await done.wait()


@pytest.mark.parametrize("runner", [1])
async def test_right_parameter_that_the_guard_has_too(runner: int) -> None:
    await anyio.lowlevel.checkpoint()


async def test_right_deadline(deadline: None) -> None:
    await anyio.lowlevel.checkpoint()


async def test_right_both(deadline: None, group: anyio.abc.TaskGroup) -> None:
    with anyio.move_on_after(0.01):
        await anyio.sleep_forever()


# test_wrong_in_scopes\[.*\] hung at .*sleep_forever
async def test_wrong_in_scopes(deadline: None, group: anyio.abc.TaskGroup) -> None:
    log.clear()
    with anyio.CancelScope(shield=True):
        await anyio.sleep_forever()


async def test_right_fixtures_were_torn_down() -> None:
    assert log == ["torn down"]


# test_wrong_task_blocks\[.*\] hung at .*the line of blocks
async def test_wrong_task_blocks(group: anyio.abc.TaskGroup) -> None:
    async def blocks() -> None:
        queue.Queue[int]().get()  # the line of blocks

    group.start_soon(blocks)
    await anyio.sleep_forever()


# test_wrong_stop\[trio\] hung at|The event loop was stopped; test_wrong_stop\[\w+\] was waiting
async def test_wrong_stop(deadline: None) -> None:
    log.clear()
    if not trio.lowlevel.in_trio_run():
        asyncio.get_running_loop().stop()
    await anyio.sleep(1.5)
    log.append("went on")


async def test_right_nothing_goes_on(deadline: None) -> None:
    await anyio.sleep(0.05)
    assert log == ["torn down"]
