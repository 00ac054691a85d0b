import asyncio
import random
import sys
import threading
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

pytestmark = [pytest.mark.asyncio, pytest.mark.virtual_time]
HOUR = 3600
REAL = 0.2  # seconds, of what is really waited for


@pytest.mark.parametrize("number", range(100))
async def test_sleeping_for_hours_is_free(number: int) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.sleep(2 * HOUR)
    assert loop.time() - began == 2 * HOUR


async def test_jumps_over_more_than_a_day() -> None:
    async with asyncio.timeout(100 * 24 * HOUR):
        await asyncio.sleep(99 * 24 * HOUR)


async def test_deadlines_and_timers_agree() -> None:
    loop = asyncio.get_running_loop()
    fired = asyncio.Event()
    began = loop.time()
    loop.call_later(HOUR, fired.set)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(fired.wait(), HOUR - 1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await fired.wait()
    await fired.wait()
    assert loop.time() - began == HOUR


async def test_clock_stands_still_while_code_runs() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    time.sleep(0.01)
    await asyncio.sleep(0)
    assert loop.time() == began


@pytest.mark.parametrize("seed", range(20))
async def test_order_is_exact(seed: int) -> None:
    delays = [random.Random(seed).randrange(5) for _ in range(50)]
    order: list[int] = []

    async def sleep(number: int) -> None:
        await asyncio.sleep(delays[number])
        order.append(number)

    async with asyncio.TaskGroup() as group:
        for number in range(50):
            group.create_task(sleep(number))
    assert order == sorted(range(50), key=lambda number: delays[number])


@pytest_asyncio.fixture(scope="function", loop_scope="LOOP")
async def heartbeat() -> AsyncIterator[list[float]]:
    beats: list[float] = []

    async def beat() -> None:
        while True:
            beats.append(asyncio.get_running_loop().time())
            await asyncio.sleep(60)

    task = asyncio.create_task(beat())
    yield beats
    task.cancel()
    await asyncio.wait([task])


async def test_timers_of_fixtures_fire_too(heartbeat: list[float]) -> None:
    await asyncio.sleep(HOUR)
    assert len(heartbeat) in (60, 61)


class TestRealThings:
    """While any of these is pending, real time passes: a deadline does not fire early."""

    async def test_thread(self) -> None:
        async with asyncio.timeout(HOUR):
            assert await asyncio.to_thread(lambda: time.sleep(REAL) or "done") == "done"
        await asyncio.sleep(HOUR)

    async def test_executor_under_gather_and_wait_for(self) -> None:
        loop = asyncio.get_running_loop()
        jobs = (loop.run_in_executor(None, time.sleep, REAL) for _ in range(2))
        await asyncio.wait_for(asyncio.gather(*jobs), HOUR)

    async def test_thread_of_its_own(self) -> None:
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def work() -> None:
            time.sleep(REAL)
            loop.call_soon_threadsafe(done.set)

        thread = threading.Thread(target=work)
        thread.start()
        async with asyncio.timeout(HOUR):
            await done.wait()
        thread.join()

    async def test_other_loop_in_a_thread(self) -> None:
        async def work() -> str:
            await asyncio.sleep(REAL)
            return "done"

        async with asyncio.timeout(HOUR):
            assert await asyncio.to_thread(asyncio.run, work()) == "done"

    async def test_subprocess(self) -> None:
        wait = f"import time; time.sleep({REAL})"
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", wait)
        async with asyncio.timeout(HOUR):
            assert await process.wait() == 0

    async def test_socket(self) -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.readline())
            await writer.drain()
            writer.close()
            await writer.wait_closed()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            host, port = server.sockets[0].getsockname()[:2]
            async with asyncio.timeout(HOUR):
                reader, writer = await asyncio.open_connection(host, port)
                writer.write(b"hello\n")
                assert await reader.readline() == b"hello\n"
                writer.close()
                await writer.wait_closed()

    # Real time passed while the test waited, because of work in an executor
    async def test_wrong_failure_says_why_time_did_not_jump(self) -> None:
        async with asyncio.timeout(REAL):
            await asyncio.to_thread(time.sleep, 2 * REAL)


# virtual_time: no timer, socket, thread or process is left
@pytest.mark.timeout(20)
async def test_wrong_hung_await_ends_at_once() -> None:
    await asyncio.Event().wait()


# virtual_time: no timer, socket, thread or process is left
@pytest.mark.timeout(20)
async def test_wrong_hung_group_ends_at_once() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.Event().wait())
