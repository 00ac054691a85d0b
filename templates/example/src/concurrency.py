"""Many calls at once, up to a limit and within a deadline."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
{% if cookiecutter.python_version == "3.11" -%}
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
{% endif %}

async def map_bounded{{ "" if cookiecutter.python_version == "3.11" else "[Item, Result]" }}(
    function: Callable[[Item], Awaitable[Result]],
    items: Iterable[Item],
    *,
    limit: int,
    deadline: float | None = None,
) -> list[Result]:
    """Return `function(item)` for all items, in order, up to `limit` calls at once.

    The first failure cancels the other calls and is raised in an ExceptionGroup.
    After `deadline` seconds every call is cancelled and TimeoutError is raised.
    """
    if limit < 1:
        raise ValueError(f"limit must be at least 1, not {limit}")
    slots = asyncio.Semaphore(limit)

    async def call(item: Item) -> Result:
        async with slots:
            return await function(item)

    async with asyncio.timeout(deadline), asyncio.TaskGroup() as group:
        tasks = [group.create_task(call(item)) for item in items]
    return [task.result() for task in tasks]
