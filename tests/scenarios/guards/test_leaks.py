from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator

import aiohttp
import asyncpg
import httpx2
import pytest
import pytest_asyncio
from pytest_httpserver import HTTPServer

kept: list[object] = []


async def wait_for_ever() -> None:
    await asyncio.Event().wait()  # the line of wait_for_ever


async def fail() -> None:
    raise ValueError("nobody retrieves it")


class Knot:
    """An object that only the garbage collector frees."""

    def __init__(self) -> None:
        self.tied: list[object] = [self]


@pytest_asyncio.fixture(scope="LOOP", loop_scope="LOOP")
async def background() -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(wait_for_ever())
    yield task
    task.cancel()


class LikeOfUvloop:
    """An object whose type does not say by a string where it comes from."""

    __module__ = property(str)


class Service:
    """Starts tasks when it is used, ends them when it is closed."""

    def __init__(self) -> None:
        self.tasks: list[asyncio.Task[None]] = []
        self.timer = LikeOfUvloop()

    def use(self) -> None:
        self.tasks.append(asyncio.create_task(wait_for_ever()))

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


@pytest_asyncio.fixture(scope="LOOP", loop_scope="LOOP")
async def service() -> AsyncIterator[Service]:
    service = Service()
    yield service
    await service.close()


@pytest_asyncio.fixture(scope="LOOP", loop_scope="LOOP")
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool[asyncpg.Record]]:
    async with asyncpg.create_pool(database_url, min_size=1) as pool:
        yield pool


@pytest_asyncio.fixture(scope="function", loop_scope="LOOP")
async def forgetful() -> None:
    kept.append(asyncio.create_task(wait_for_ever()))


# pending, made at tests/test_\w+.py:\d+ in test_wrong_task\n(.*\n)+.*the line of wait_for_ever
@pytest.mark.asyncio
async def test_wrong_task() -> None:
    kept.append(asyncio.create_task(wait_for_ever()))
    await asyncio.sleep(0)


# pending, made at tests/test_\w+.py:\d+ in forgetful
@pytest.mark.asyncio
async def test_wrong_task_of_fixture(forgetful: None) -> None: ...


# never retrieved: ValueError.*nobody retrieves it.*made at tests/test_\w+.py:\d+ in test_wrong_lost_exception
@pytest.mark.asyncio
async def test_wrong_lost_exception() -> None:
    task = asyncio.create_task(fail())
    await asyncio.wait([task])


@pytest.mark.asyncio
async def test_right_handler_of_exceptions() -> None:
    heard: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: heard.append(context["message"]))
    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    del task
    assert heard == ["Task exception was never retrieved"]


# nobody retrieves it.*made at tests/test_\w+.py:\d+ in test_wrong_lost_exception_after_a_handler
@pytest.mark.asyncio
async def test_wrong_lost_exception_after_a_handler() -> None:
    task = asyncio.create_task(fail())
    await asyncio.wait([task])


# nobody retrieves it.*made at tests/test_\w+.py:\d+ in test_wrong_tied_lost_exception
@pytest.mark.asyncio
async def test_wrong_tied_lost_exception() -> None:
    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    Knot().tied.append(task)


# Exception in callback .*ZeroDivisionError
@pytest.mark.asyncio
async def test_wrong_callback() -> None:
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    await asyncio.sleep(0)


# coroutine 'fail' was never awaited, made at tests/test_\w+.py:\d+ in test_wrong_forgotten_await
@pytest.mark.asyncio
async def test_wrong_forgotten_await() -> None:
    fail()


# coroutine 'fail' was never awaited, made at tests/test_\w+.py:\d+ in test_wrong_tied_forgotten_await
@pytest.mark.asyncio
async def test_wrong_tied_forgotten_await() -> None:
    Knot().tied.append(fail())


# AsyncClient is open, made at tests/test_\w+.py:\d+ in test_wrong_client
@pytest.mark.asyncio
async def test_wrong_client(api_server: HTTPServer) -> None:
    api_server.expect_request("/").respond_with_data()
    client = httpx2.AsyncClient(trust_env=False)
    await client.get(api_server.url_for("/"))


# Connection is open, made at tests/test_\w+.py:\d+ in test_wrong_connection
@pytest.mark.asyncio
async def test_wrong_connection(database_url: str) -> None:
    await asyncpg.connect(database_url)


# Pool is open, made at tests/test_\w+.py:\d+ in test_wrong_pool
@pytest.mark.asyncio
async def test_wrong_pool(database_url: str) -> None:
    kept.append(await asyncpg.create_pool(database_url, min_size=1))


# Transport is open, made at tests/test_\w+.py:\d+ in test_wrong_stream
@pytest.mark.asyncio
async def test_wrong_stream(api_server: HTTPServer) -> None:
    kept.append(await asyncio.open_connection("127.0.0.1", api_server.port))


# Server is open, made at tests/test_\w+.py:\d+ in test_wrong_server
@pytest.mark.asyncio
async def test_wrong_server() -> None:
    kept.append(await asyncio.start_server(lambda *_: None, "127.0.0.1", 0))


# ^(?!(.|\n)*leaves behind)AssertionError: the test fails on its own
@pytest.mark.asyncio
async def test_wrong_fails_anyway() -> None:
    kept.append(asyncio.create_task(wait_for_ever()))
    raise AssertionError("the test fails on its own")


# Give the reason: @pytest.mark.allow_leaks\("reason"\)
@pytest.mark.allow_leaks
def test_wrong_no_reason() -> None: ...


@pytest.mark.asyncio
@pytest.mark.allow_leaks("it shows what the marker allows")
async def test_right_allowed() -> None:
    kept.append(asyncio.create_task(wait_for_ever()))
    kept.append(httpx2.AsyncClient())
    fail()


@pytest.mark.asyncio
async def test_right_task_of_fixture(background: asyncio.Task[None]) -> None:
    await asyncio.sleep(0)
    assert not background.done()


@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_right_task_of_service(service: Service, time: str) -> None:
    service.use()
    await asyncio.sleep(0)


@pytest.mark.asyncio
async def test_right_without_the_service() -> None: ...


@pytest.mark.asyncio
async def test_right_pool_grows(pool: asyncpg.Pool[asyncpg.Record]) -> None:
    async with pool.acquire() as one, pool.acquire() as two:
        assert await one.fetchval("SELECT 1") == await two.fetchval("SELECT 1")


@pytest.mark.asyncio
async def test_right_client_keeps_connection(
    http_client: httpx2.AsyncClient, api_server: HTTPServer
) -> None:
    api_server.expect_request("/").respond_with_data()
    await http_client.get(api_server.url_for("/"))


@pytest.mark.asyncio
async def test_right_closed(api_server: HTTPServer) -> None:
    api_server.expect_request("/").respond_with_data()
    async with aiohttp.ClientSession() as session:
        async with session.get(api_server.url_for("/")) as response:
            assert response.status == 200


@pytest.mark.asyncio
async def test_right_cancelled() -> None:
    task = asyncio.create_task(wait_for_ever())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_right_own_warning() -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        Knot().tied.append(open(__file__))
        gc.collect()
    assert [each.category for each in seen] == [ResourceWarning]
