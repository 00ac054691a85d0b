import asyncio
import queue
import sys
import threading
import time
import unittest
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

pytestmark = pytest.mark.timeout(0.5)
log: list[str] = []


async def wait() -> None:
    await asyncio.Event().wait()  # the line of wait


async def block(started: asyncio.Event) -> None:
    started.set()
    queue.Queue[int]().get()  # the line of block


# test_wrong_task_blocks hung at .*the line of block\n(.*\n)+test_wrong_task_blocks is waiting:\n(.*\n)+.*await task
@pytest.mark.asyncio
async def test_wrong_task_blocks() -> None:
    task = asyncio.create_task(block(asyncio.Event()))
    await task


# test_wrong_callback_blocks hung at .*await asyncio.Event\(\).wait\(\)(.*\n)+.*Queue.get in queue
@pytest.mark.asyncio
async def test_wrong_callback_blocks() -> None:
    asyncio.get_running_loop().call_soon(queue.Queue[int]().get)
    await asyncio.Event().wait()


# test_wrong_thread_blocks hung at .*await asyncio.to_thread
@pytest.mark.asyncio
async def test_wrong_thread_blocks() -> None:
    ends = queue.Queue[int]()
    threading.Timer(1, ends.put, [1]).start()
    await asyncio.to_thread(ends.get)


# test_wrong_refuses hung at
@pytest.mark.asyncio
async def test_wrong_refuses() -> None:
    try:
        await wait()
    except asyncio.CancelledError:
        await wait()


# test_wrong_swallows_and_blocks hung at
@pytest.mark.asyncio
async def test_wrong_swallows_and_blocks() -> None:
    try:
        await wait()
    except BaseException:
        time.sleep(30)


# test_wrong_bare_except hung at .*time.sleep\(30\)
def test_wrong_bare_except() -> None:
    for _ in range(2):
        try:
            time.sleep(30)
        except:
            log.append("swallowed")


# test_wrong_library_runs_the_loop hung at .*asyncio.run\(asyncio.sleep\(60\)\)
def test_wrong_library_runs_the_loop() -> None:
    asyncio.run(asyncio.sleep(60))


# test_wrong_asyncio_run hung at .*the line of wait
def test_wrong_asyncio_run() -> None:
    async def main() -> None:
        try:
            await wait()
        finally:
            log.append("main has ended")

    asyncio.run(main())


def test_right_asyncio_run_has_ended() -> None:
    assert "main has ended" in log


# test_wrong_loop_without_runner hung at .*loop.run_until_complete
def test_wrong_loop_without_runner() -> None:
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(loop.create_future())
    finally:
        loop.close()


class OldTests(unittest.IsolatedAsyncioTestCase):
    # test_wrong_old_style hung at .*the line of wait
    async def test_wrong_old_style(self) -> None:
        await wait()

    async def test_right_old_style(self) -> None:
        await asyncio.sleep(0)


# test_wrong_subtests hung at
def test_wrong_subtests(subtests: pytest.Subtests) -> None:
    for number in range(2):
        with subtests.test(number=number):
            time.sleep(30)


@pytest.fixture
def blocks_in_teardown() -> Iterator[None]:
    yield
    time.sleep(30)


# the teardown of fixture 'blocks_in_teardown' hung at .*time.sleep\(30\)
def test_wrong_teardown(blocks_in_teardown: None) -> None: ...


@pytest_asyncio.fixture(scope="function", loop_scope="LOOP")
async def server() -> AsyncIterator[None]:
    task = asyncio.create_task(wait(), name="the server")
    await asyncio.sleep(0)
    yield
    task.cancel()


# (?s)\A(?!.*the server waits).*test_wrong_beside_a_server hung at
@pytest.mark.asyncio
async def test_wrong_beside_a_server(server: None) -> None:
    await wait()


# The event loop was stopped; test_wrong_stop was waiting:\n(.*\n)+.*the line where it stops
@pytest.mark.asyncio
async def test_wrong_stop() -> None:
    asyncio.get_running_loop().call_soon(asyncio.get_running_loop().stop)
    try:
        await asyncio.sleep(0.01)  # the line where it stops
        log.append("went on")
    finally:
        log.append("cleaned up after the stop")


# SystemExit: 4\n(.*\n)*.*The event loop was stopped; test_wrong_exit_in_task was waiting:
@pytest.mark.asyncio
async def test_wrong_exit_in_task() -> None:
    async def exits() -> None:
        sys.exit(4)

    task = asyncio.create_task(exits())
    try:
        await asyncio.sleep(0.01)
        log.append("went on")
    finally:
        log.append("cleaned up after the exit")
    await task


@pytest.mark.asyncio
async def test_right_nothing_goes_on_in_the_next_test() -> None:
    await asyncio.sleep(0.05)
    assert "went on" not in log
    assert {"cleaned up after the stop", "cleaned up after the exit"} <= set(log)


@pytest.mark.asyncio
async def test_right_exit_is_expected() -> None:
    with pytest.raises(SystemExit):
        sys.exit(3)


def test_right_stopped_loop_is_expected() -> None:
    async def stop() -> None:
        asyncio.get_running_loop().stop()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="Event loop stopped"):
        asyncio.run(stop())
