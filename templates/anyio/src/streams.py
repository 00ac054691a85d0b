"""For asyncio and Trio: many calls at once, and each result as soon as it arrives."""

from collections.abc import Awaitable, Callable, Iterable
{% if cookiecutter.python_version == "3.11" -%}
from typing import TypeVar
{% endif %}
import anyio
from anyio.abc import ObjectSendStream
{% if cookiecutter.python_version == "3.11" %}
Item = TypeVar("Item")
Result = TypeVar("Result")
{% endif %}

async def send_results{{ "" if cookiecutter.python_version == "3.11" else "[Item, Result]" }}(
    function: Callable[[Item], Awaitable[Result]],
    items: Iterable[Item],
    results: ObjectSendStream[Result],
    *,
    limit: int,
    deadline: float | None = None,
) -> None:
    """Send `function(item)` for all items, `limit` at a time, then close the stream.

    A slow receiver slows the calls down. The first failure cancels the other
    calls and is raised in an ExceptionGroup. After `deadline` seconds every call is
    cancelled and TimeoutError is raised.
    """
    if limit < 1:
        raise ValueError(f"limit must be at least 1, not {limit}")
    slots = anyio.Semaphore(limit)

    async def call(item: Item) -> None:
        async with slots:
            await results.send(await function(item))

    async with results:
        with anyio.fail_after(deadline):
            async with anyio.create_task_group() as group:
                for item in items:
                    group.start_soon(call, item)
