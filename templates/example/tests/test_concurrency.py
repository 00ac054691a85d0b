import asyncio

import pytest

from {{ cookiecutter.package_name }}.concurrency import map_bounded


{{ cookiecutter.__async_test }}async def test_results_keep_the_order_of_the_items() -> None:
    first_may_end = asyncio.Event()

    async def double(number: int) -> int:
        if number == 1:
            await first_may_end.wait()
        else:
            first_may_end.set()
        return 2 * number

    assert await map_bounded(double, [1, 2, 3], limit=2) == [2, 4, 6]


{{ cookiecutter.__async_test }}async def test_calls_run_at_the_same_time() -> None:
    # Nobody passes the barrier before all three are there.
    barrier = asyncio.Barrier(3)

    async def meet(_: int) -> int:
        return await barrier.wait()

    arrivals = await map_bounded(meet, range(3), limit=3)

    assert sorted(arrivals) == [0, 1, 2]


{{ cookiecutter.__async_test }}@pytest.mark.parametrize("limit", [1, 3, 10])
async def test_never_more_calls_than_the_limit(limit: int) -> None:
    running = most = 0

    async def count(_: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)  # let the others in
        running -= 1

    await map_bounded(count, range(20), limit=limit)

    assert most == limit


{{ cookiecutter.__async_test }}@pytest.mark.interleavings(20)
async def test_limit_holds_in_any_order_of_the_calls() -> None:
    running = 0

    async def count(_: int) -> None:
        nonlocal running
        running += 1
        assert running <= 2
        await asyncio.sleep(0)
        running -= 1

    await map_bounded(count, range(5), limit=2)


{{ cookiecutter.__async_test }}async def test_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="limit must be at least 1, not 0"):
        await map_bounded(asyncio.sleep, [0], limit=0)


{{ cookiecutter.__async_test }}class TestInterruptedCalls:
    """Whatever ends the calls, each of them can clean up."""

    async def test_failure_cancels_the_others(self) -> None:
        waiting = asyncio.Event()
        cleaned_up: list[str] = []

        async def call(name: str) -> None:
            if name == "fails":
                await waiting.wait()
                raise ConnectionError(name)
            await wait_for_ever(waiting, cleaned_up, name)

        with pytest.RaisesGroup(pytest.RaisesExc(ConnectionError, match="fails")):
            await map_bounded(call, ["waits", "fails"], limit=2)

        assert cleaned_up == ["waits"]

    @pytest.mark.virtual_time
    async def test_deadline_cancels_all(self) -> None:
        cleaned_up: list[str] = []

        async def call(name: str) -> None:
            await wait_for_ever(asyncio.Event(), cleaned_up, name)

        with pytest.raises(TimeoutError):
            await map_bounded(call, ["a", "b"], limit=2, deadline=3600)

        assert sorted(cleaned_up) == ["a", "b"]

    async def test_cancelling_the_caller_cancels_all(self) -> None:
        waiting = asyncio.Event()
        cleaned_up: list[str] = []

        async def call(name: str) -> None:
            await wait_for_ever(waiting, cleaned_up, name)

        caller = asyncio.create_task(map_bounded(call, ["a"], limit=1))
        await waiting.wait()
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller

        assert cleaned_up == ["a"]


async def wait_for_ever(
    waiting: asyncio.Event, cleaned_up: list[str], name: str
) -> None:
    """Set `waiting`, wait until cancelled, then set `cleaned_up`."""
    try:
        waiting.set()
        await asyncio.Event().wait()
    finally:
        cleaned_up.append(name)
