import asyncio
import bdb
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

pytestmark = pytest.mark.timeout(0.5)
torn_down: list[str] = []


async def wait_for_ever() -> None:
    await asyncio.Event().wait()  # the line of wait_for_ever


async def numbers() -> AsyncIterator[int]:
    await wait_for_ever()  # the line of numbers
    yield 1


@pytest_asyncio.fixture(scope="function", loop_scope="LOOP")
async def resource(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    yield
    await asyncio.sleep(0)
    torn_down.append(request.node.name)


@pytest_asyncio.fixture(scope="function", loop_scope="LOOP")
async def stuck_set_up() -> AsyncIterator[None]:
    await wait_for_ever()
    yield


@pytest_asyncio.fixture(scope="function", loop_scope="LOOP")
async def stuck_tear_down(resource: None) -> AsyncIterator[None]:
    yield
    await wait_for_ever()


@pytest_asyncio.fixture(scope="function", loop_scope="LOOP")
async def second_stuck_tear_down(stuck_tear_down: None) -> AsyncIterator[None]:
    yield
    await wait_for_ever()


@pytest.fixture
def sees_tear_down(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    assert request.node.name in torn_down


# Timeout \(>0.5s\): test_wrong_await hung at tests/test_hangs.py:\d+ in wait_for_ever: .*the line of wait_for_ever
@pytest.mark.asyncio
async def test_wrong_await(sees_tear_down: None, resource: None) -> None:
    await wait_for_ever()


# the line of numbers(.*\n)+.*the line of wait_for_ever
@pytest.mark.asyncio
async def test_wrong_generator() -> None:
    async for _ in numbers():
        pass


# test_wrong_group hung at .*(\n.*)+\nconsumer is waiting, too:\n(.*\n)+.*the line of wait_for_ever
@pytest.mark.asyncio
async def test_wrong_group() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(wait_for_ever(), name="consumer")


# Timeout .*test_wrong_swallows
@pytest.mark.asyncio
async def test_wrong_swallows() -> None:
    try:
        await wait_for_ever()
    except asyncio.CancelledError:
        pass


# Timeout .*test_wrong_other_exception
@pytest.mark.asyncio
async def test_wrong_other_exception() -> None:
    try:
        await wait_for_ever()
    finally:
        raise ValueError


# the setup of fixture 'stuck_set_up' hung at .*the line of wait_for_ever
@pytest.mark.asyncio
async def test_wrong_set_up(sees_tear_down: None, resource: None, stuck_set_up: None) -> None: ...


# the teardown of fixture 'stuck_tear_down' hung at .*the line of wait_for_ever
@pytest.mark.asyncio
async def test_wrong_tear_down(sees_tear_down: None, stuck_tear_down: None) -> None: ...


# AssertionError(.*\n)+.*the teardown of fixture 'stuck_tear_down' hung
@pytest.mark.asyncio
async def test_wrong_failure_then_tear_down(stuck_tear_down: None) -> None:
    raise AssertionError


# Timeout \(>0.5s\): test_wrong_blocks hung at .* in test_wrong_blocks: time.sleep\(30\)
@pytest.mark.asyncio
async def test_wrong_blocks() -> None:
    time.sleep(30)


# Timeout \(>0.5s\): test_wrong_lock hung at .* in test_wrong_lock: lock.acquire\(\)
def test_wrong_lock() -> None:
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


@pytest.mark.asyncio
async def test_right_await() -> None:
    await asyncio.sleep(0)


@pytest.mark.asyncio
@pytest.mark.timeout(30)
async def test_right_marker_gives_longer() -> None:
    await asyncio.sleep(0.7)


@pytest.mark.asyncio
@pytest.mark.timeout(0)
async def test_right_marker_gives_for_ever() -> None:
    await asyncio.sleep(0.7)


@pytest.mark.asyncio
async def test_right_under_debugger() -> None:
    trace = sys.gettrace()
    debugger = bdb.Bdb()
    debugger.reset()
    sys.settrace(debugger.trace_dispatch)
    try:
        await asyncio.sleep(0.7)
    finally:
        sys.settrace(trace)


class SlowlyToldError(Exception):
    def __str__(self) -> str:
        time.sleep(1)  # longer than the test may run
        return "told at last"


# told at last
def test_wrong_with_a_report_that_takes_long() -> None:
    raise SlowlyToldError
