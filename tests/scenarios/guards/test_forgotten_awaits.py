"""Mistakes that mypy finds in a project before its tests run."""

import asyncio

from demo.store import UserStore


async def test_condition_that_is_always_true(store: UserStore) -> None:
    assert store.count()


async def test_task_that_nobody_awaits(store: UserStore) -> None:
    asyncio.create_task(store.count())
