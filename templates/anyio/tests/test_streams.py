"""On every backend: the name of a test, such as test_x[trio], says on which."""

import anyio
import pytest

from {{ cookiecutter.package_name }}.streams import send_results

pytestmark = pytest.mark.anyio


async def test_results_come_as_soon_as_they_are_there() -> None:
    first_was_received = anyio.Event()

    async def call(name: str) -> str:
        if name == "slow":
            await first_was_received.wait()
        return name

    send, receive = anyio.create_memory_object_stream[str]()
    received = []
    async with anyio.create_task_group() as group, receive:
        group.start_soon(lambda: send_results(call, ["slow", "fast"], send, limit=2))
        async for name in receive:
            received.append(name)
            first_was_received.set()

    assert received == ["fast", "slow"]


@pytest.mark.parametrize("limit", [1, 3, 10])
async def test_never_more_calls_than_the_limit(limit: int) -> None:
    running = most = 0

    async def count(_: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await anyio.lowlevel.checkpoint()  # let the others in
        running -= 1

    send, receive = anyio.create_memory_object_stream[None](20)
    async with receive:
        await send_results(count, range(20), send, limit=limit)

    assert most == limit


async def test_limit_below_one_is_refused() -> None:
    send, receive = anyio.create_memory_object_stream[None]()
    async with send, receive:
        with pytest.raises(ValueError, match="limit must be at least 1, not 0"):
            await send_results(anyio.sleep, [0], send, limit=0)


async def test_failure_cancels_the_others() -> None:
    waiting = anyio.Event()
    cleaned_up: list[str] = []

    async def call(name: str) -> None:
        if name == "fails":
            await waiting.wait()
            raise ConnectionError(name)
        await wait_for_ever(waiting, cleaned_up, name)

    send, receive = anyio.create_memory_object_stream[None]()
    async with receive:
        with pytest.RaisesGroup(pytest.RaisesExc(ConnectionError, match="fails")):
            await send_results(call, ["waits", "fails"], send, limit=2)

    assert cleaned_up == ["waits"]


async def test_deadline_cancels_all() -> None:
    started: list[str] = []
    cleaned_up: list[str] = []

    async def call(name: str) -> None:
        started.append(name)
        await wait_for_ever(anyio.Event(), cleaned_up, name)

    send, receive = anyio.create_memory_object_stream[None]()
    async with receive:
        with pytest.raises(TimeoutError):
            await send_results(call, ["a", "b"], send, limit=2, deadline=0.01)

    # On a slow machine the deadline passes before they start.
    assert sorted(cleaned_up) == sorted(started)


async def wait_for_ever(waiting: anyio.Event, cleaned_up: list[str], name: str) -> None:
    """Set `waiting`, wait until cancelled, then set `cleaned_up`."""
    try:
        waiting.set()
        await anyio.sleep_forever()
    finally:
        cleaned_up.append(name)
