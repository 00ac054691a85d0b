"""Threads with an event loop that outlive their test."""

import asyncio
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import pytest_asyncio


class Background:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def call(self) -> str:
        async def answer() -> str:
            return "answer"

        return asyncio.run_coroutine_threadsafe(answer(), self.loop).result(9)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@pytest.fixture(scope="module")
def background() -> Iterator[Background]:
    background = Background()
    yield background
    background.close()


@pytest_asyncio.fixture(scope="function", loop_scope="LOOP")
async def left() -> Background:
    return Background()


# thread .* is still running an event loop, made at tests/test_threads.py:\d+ in Background.__init__
def test_wrong_thread() -> None:
    assert Background().call() == "answer"


# thread .* is still running an event loop, made at tests/test_threads.py:\d+ in Background.__init__
@pytest.mark.asyncio
async def test_wrong_thread_of_a_fixture(left: Background) -> None:
    assert left.call() == "answer"


# thread .* is still running an event loop
@pytest.mark.asyncio
async def test_wrong_thread_of_an_async_test() -> None:
    runs = threading.Event()

    async def run() -> None:
        runs.set()
        await asyncio.sleep(3600)

    threading.Thread(target=lambda: asyncio.run(run()), daemon=True).start()
    assert runs.wait(9)


if sys.platform == "win32":
    new_loop = asyncio.new_event_loop
else:
    from uvloop import new_event_loop as new_loop
Loop = asyncio.AbstractEventLoop
to_stop: list[Loop] = []  # else Python waits for threads that are no daemons


def run_local(loop: Loop) -> None:
    loop.run_forever()


class Attribute(threading.Thread):
    def __init__(self, loop: Loop) -> None:
        super().__init__(daemon=True)
        self.loop = loop

    def run(self) -> None:
        self.loop.run_forever()


@pytest.fixture(scope="session", autouse=True)
def stop() -> Iterator[None]:
    yield
    stop_all()


def stop_all() -> None:
    for loop in to_stop:
        loop.call_soon_threadsafe(loop.stop)


def wait_for(loop: Loop) -> None:
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(9)


# thread .* is still running an event loop, made at tests/test_threads.py:\d+ in test_wrong_loop_of_uvloop
def test_wrong_loop_of_uvloop() -> None:
    loop = new_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    wait_for(loop)


# thread .* is still running an event loop, made at .* in test_wrong_loop_of_uvloop_in_a_function
def test_wrong_loop_of_uvloop_in_a_function() -> None:
    loop = new_loop()
    threading.Thread(target=run_local, args=[loop], daemon=True).start()
    wait_for(loop)


# thread .* is still running an event loop, made at .* in test_wrong_loop_of_uvloop_in_an_attribute
def test_wrong_loop_of_uvloop_in_an_attribute() -> None:
    loop = new_loop()
    Attribute(loop).start()
    wait_for(loop)


# thread ThreadPool.* is still running an event loop, made at .* in test_wrong_loop_in_a_pool
def test_wrong_loop_in_a_pool() -> None:
    loop = asyncio.new_event_loop()
    to_stop.append(loop)
    ThreadPoolExecutor().submit(loop.run_forever)
    wait_for(loop)


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool
        stop_all()


def test_right_loop_in_the_pool_of_a_wide_fixture(pool: ThreadPoolExecutor) -> None:
    loop = asyncio.new_event_loop()
    to_stop.append(loop)
    pool.submit(loop.run_forever)
    wait_for(loop)


def test_right_thread_that_waits_for_the_loop_of_another(background: Background) -> None:
    coroutine = asyncio.sleep(3600)
    future = asyncio.run_coroutine_threadsafe(coroutine, background.loop)
    thread = threading.Thread(target=future.exception, daemon=True)
    thread.start()


def test_right_thread_of_a_wide_fixture(background: Background) -> None:
    assert background.call() == "answer"


def test_right_thread_that_is_ended() -> None:
    background = Background()
    background.close()


@pytest.mark.asyncio
async def test_right_thread_that_ends_by_itself() -> None:
    threading.Thread(target=asyncio.run, args=(asyncio.sleep(0),)).start()


def test_right_thread_without_a_loop() -> None:
    threading.Thread(target=threading.Event().wait, daemon=True).start()


@pytest.fixture
def held() -> Iterator[Background]:
    background = Background()
    yield background
    background.close()


class Serving(threading.Thread):
    """A thread with a loop, which tells whether somebody waits for its end."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.waits: list[float | None] = []
        super().__init__(target=self.loop.run_forever, daemon=True)
        self.start()

    def join(self, timeout: float | None = None) -> None:
        self.waits.append(timeout)
        super().join(timeout)


@pytest.fixture
def serving() -> Iterator[Serving]:
    serving = Serving()
    yield serving
    assert serving.waits == []  # it is this fixture that ends the thread
    serving.loop.call_soon_threadsafe(serving.loop.stop)
    serving.join()
    serving.loop.close()


@pytest_asyncio.fixture(scope="function", loop_scope="LOOP")
async def client(serving: Serving) -> Serving:
    return serving


@pytest.mark.asyncio
async def test_right_thread_that_ends_after_the_loop(client: Serving) -> None:
    assert client.is_alive()


@pytest.fixture(scope="class")
def late() -> str:
    """For a test outside of a class, torn down before the fixtures that were set up earlier."""
    return "late"


def test_right_fixture_that_ends_later(held: Background, request: pytest.FixtureRequest) -> None:
    assert request.getfixturevalue("late") == "late"
    assert held.call() == "answer"


@pytest.fixture
def held_by_one_who_does_not_wait(held: Background) -> Iterator[Background]:
    def join(thread: threading.Thread, timeout: float | None = None) -> None:
        pytest.fail("somebody waits for a thread that its fixture ends later")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading.Thread, "join", join)
        yield held


@pytest_asyncio.fixture(scope="function", loop_scope="function")
async def late_client(held_by_one_who_does_not_wait: Background) -> Background:
    """Its loop is closed before the thread ends, which was there first."""
    return held_by_one_who_does_not_wait


@pytest.mark.asyncio(loop_scope="function")
async def test_right_fixture_whose_thread_nobody_waits_for(late_client: Background) -> None:
    assert late_client.call() == "answer"
