"""Async tests that hypothesis repeats."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

kept: list[Any] = []


# (Falsifying example|Failing test case): test_wrong_bug\(\s*n=100,
@pytest.mark.asyncio
@settings(max_examples=200, derandomize=True, database=None)
@given(n=st.integers(0, 1000))
async def test_wrong_bug(n: int) -> None:
    await asyncio.sleep(0)
    assert n < 100


# Timeout \(>1.0s\): test_wrong_hang hung at tests/test_hypothesis.py:\d+
@pytest.mark.timeout(1)
@pytest.mark.asyncio
@settings(max_examples=5, deadline=None, database=None)
@given(n=st.integers(0, 10))
async def test_wrong_hang(n: int) -> None:
    await asyncio.Event().wait()


# pending, made at tests/test_hypothesis.py:\d+ in test_wrong_leak
@pytest.mark.asyncio
@settings(max_examples=5, database=None)
@given(n=st.integers(0, 10))
async def test_wrong_leak(n: int) -> None:
    kept.append(asyncio.create_task(asyncio.sleep(99)))


class Inherited:
    @pytest.mark.asyncio
    @given(n=st.integers(0, 5))
    async def test_right(self, n: int) -> None:
        assert await asyncio.sleep(0, n) == n


class TestOne(Inherited):
    pass


@pytest.mark.asyncio
async def test_right_next() -> None:
    await asyncio.sleep(0)
