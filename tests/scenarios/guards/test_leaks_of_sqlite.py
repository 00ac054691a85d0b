import aiohttp
import aiosqlite
import pytest


class Knot:
    """An object that only the garbage collector frees."""

    def __init__(self) -> None:
        self.tied: list[object] = [self]


# Connection is open, made at tests/test_\w+.py:\d+ in test_wrong_connection
@pytest.mark.asyncio
async def test_wrong_connection() -> None:
    await aiosqlite.connect(":memory:")


# Connection is open, made at tests/test_\w+.py:\d+ in test_wrong_tied_connection
@pytest.mark.asyncio
async def test_wrong_tied_connection() -> None:
    Knot().tied.append(await aiosqlite.connect(":memory:"))


# ClientSession is open, made at tests/test_\w+.py:\d+ in test_wrong_session
@pytest.mark.asyncio
async def test_wrong_session() -> None:
    aiohttp.ClientSession()


# ClientSession is open, made at tests/test_\w+.py:\d+ in test_wrong_tied_session
@pytest.mark.asyncio
async def test_wrong_tied_session() -> None:
    Knot().tied.append(aiohttp.ClientSession())


@pytest.mark.asyncio
async def test_right_connection() -> None:
    async with aiosqlite.connect(":memory:") as connection:
        await connection.execute("SELECT 1")


@pytest.mark.asyncio
async def test_right_fixture(connection: aiosqlite.Connection) -> None:
    await connection.execute("SELECT 1")
