"""Tests that replace what the guards use: modules of libraries and names of Python."""

import asyncio
import socket
import sys
from collections.abc import Iterator
from types import ModuleType
from unittest import mock

import pytest
import pytest_asyncio


class Forgetful:
    """A stub of a class, which has none of the attributes of the real one."""


@pytest.fixture(
    params=[None, ModuleType("stub"), mock.MagicMock(), mock.MagicMock(AsyncClient=Forgetful)],
    ids=["not importable", "empty", "mock", "class"],
)
def without_libraries(request: pytest.FixtureRequest) -> Iterator[None]:
    names = ["aiomysql", "asyncmy", "psycopg", "psycopg_pool", "httpx", "redis.asyncio"]
    names += ["sqlalchemy.ext.asyncio"]
    stubs = {name: request.param for name in names if name not in sys.modules}
    assert stubs
    with mock.patch.dict(sys.modules, stubs):
        yield


@pytest_asyncio.fixture(loop_scope="LOOP")
async def made_later(without_libraries: None) -> int:
    return 1


@pytest.mark.asyncio
async def test_right_without_libraries(made_later: int) -> None:
    assert made_later == 1


@pytest.mark.parametrize("name", ["all_tasks", "wait", "Runner", "current_task"])
@pytest.mark.asyncio
async def test_right_names_of_asyncio(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(asyncio, name, lambda: None)


@pytest.mark.asyncio
async def test_right_sockets() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sends:
        with mock.patch("socket.socket"), mock.patch("socket.getaddrinfo"):
            sends.sendto(b"", ("127.0.0.1", 9))
