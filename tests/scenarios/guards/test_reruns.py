"""Tests that pytest-rerunfailures runs again."""

import asyncio
from collections import Counter
from typing import Any

import pytest

runs: Counter[str] = Counter()
kept: list[Any] = []


# task Task-\d+ is pending, made at tests/test_reruns.py:\d+ in test_wrong_leak_of_the_second_run
@pytest.mark.flaky(reruns=1)
@pytest.mark.asyncio
async def test_wrong_leak_of_the_second_run() -> None:
    runs["second"] += 1
    assert runs["second"] > 1
    kept.append(asyncio.create_task(asyncio.sleep(99)))


@pytest.mark.flaky(reruns=1)
@pytest.mark.asyncio
async def test_right_after_a_leak() -> None:
    runs["first"] += 1
    if runs["first"] == 1:
        kept.append(asyncio.create_task(asyncio.sleep(99)))
        raise ValueError


@pytest.mark.flaky(reruns=1)
@pytest.mark.timeout(1)
@pytest.mark.asyncio
async def test_right_after_a_hang() -> None:
    runs["hang"] += 1
    if runs["hang"] == 1:
        await asyncio.Event().wait()


@pytest.mark.asyncio
async def test_right_next() -> None:
    await asyncio.sleep(0)
