"""Retries with growing pauses, cached values that expire, and a limit on calls per second."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress


async def retry[Result](
    function: Callable[[], Awaitable[Result]],
    *,
    attempts: int = 5,
    first_pause: float = 0.1,
    on: tuple[type[Exception], ...] = (ConnectionError, TimeoutError),
) -> Result:
    """Return what `function` returns; after a failure, pause and call it again.

    The first pause takes `first_pause` seconds, each further one twice as long. Raises
    what the last attempt raises, and any exception that is not in `on` immediately.
    """
    for attempt in range(attempts - 1):
        with suppress(*on):
            return await function()
        await asyncio.sleep(first_pause * 2**attempt)
    return await function()


def cached[Result](
    fetch: Callable[[], Awaitable[Result]], *, ttl: float
) -> Callable[[], Awaitable[Result]]:
    """Return a function that returns what `fetch` returned at most `ttl` seconds ago.

    Concurrent callers share one call. Failures are raised and not cached.
    """
    lock = asyncio.Lock()
    latest: tuple[float, Result] | None = None

    async def get() -> Result:
        nonlocal latest
        async with lock:
            now = asyncio.get_running_loop().time()
            if latest is None or now >= latest[0] + ttl:
                latest = now, await fetch()
            return latest[1]

    return get


class RateLimit:
    """At most `rate` calls per second: each caller waits for its turn."""

    def __init__(self, rate: float) -> None:
        self._interval = 1 / rate
        self._next = 0.0

    async def wait(self) -> None:
        """Return when it is the caller's turn; callers take turns in order of arrival."""
        now = asyncio.get_running_loop().time()
        turn = max(now, self._next)
        self._next = turn + self._interval
        await asyncio.sleep(turn - now)
