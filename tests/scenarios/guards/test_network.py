import asyncio
import socket
from contextlib import suppress

import aiohttp
import asyncpg
import httpx
import httpx2
import pytest
import pytest_asyncio


@pytest_asyncio.fixture(scope="function", loop_scope="LOOP")
async def remote() -> None:
    await asyncio.open_connection("fixture.example.com", 80)


# test_wrong_httpx2 tries to reach example.com, at tests/test_\w+.py:\d+ in test_wrong_httpx2
@pytest.mark.asyncio
async def test_wrong_httpx2() -> None:
    async with httpx2.AsyncClient(trust_env=False) as client:
        await client.get("http://example.com/")


# tries to reach example.com, at tests/test_\w+.py:\d+ in test_wrong_httpx
@pytest.mark.asyncio
async def test_wrong_httpx() -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.get("https://example.com/")


# tries to reach example.com, at tests/test_\w+.py:\d+ in test_wrong_aiohttp
@pytest.mark.asyncio
async def test_wrong_aiohttp() -> None:
    async with aiohttp.ClientSession() as session:
        await session.get("http://example.com/")


# tries to reach 192.0.2.1, at
@pytest.mark.asyncio
async def test_wrong_address() -> None:
    async with aiohttp.ClientSession() as session:
        await session.get("http://192.0.2.1/")


# tries to reach 2001:db8::1, at
@pytest.mark.asyncio
async def test_wrong_ipv6_address() -> None:
    await asyncio.open_connection("2001:db8::1", 80)


# tries to reach db.example.com, at tests/test_\w+.py:\d+ in test_wrong_asyncpg
@pytest.mark.asyncio
async def test_wrong_asyncpg() -> None:
    await asyncpg.connect("postgresql://somebody@db.example.com/data")


# tries to reach example.com
@pytest.mark.asyncio
async def test_wrong_swallowed() -> None:
    with suppress(BaseException):
        await asyncio.open_connection("example.com", 80)


# test_wrong_fixture tries to reach fixture.example.com, at tests/test_\w+.py:\d+ in remote
@pytest.mark.asyncio
async def test_wrong_fixture(remote: None) -> None: ...


# tries to reach example.org, at
def test_wrong_sync() -> None:
    socket.create_connection(("example.org", 80))


# tries to reach 192.0.2.1, at
def test_wrong_datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.sendto(b"", ("192.0.2.1", 53))


# Give the reason: @pytest.mark.allow_network\("reason"\)
@pytest.mark.allow_network
def test_wrong_no_reason() -> None:
    socket.create_connection(("example.org", 80))


@pytest.mark.asyncio
async def test_right_loopback() -> None:
    async with await asyncio.start_server(
        lambda reader, writer: writer.close(), "localhost", 0
    ) as server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("localhost", port)
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


@pytest.mark.asyncio
@pytest.mark.parametrize("host", ["db.test", "redis.test"])
async def test_right_host_of_a_server(host: str) -> None:
    with suppress(OSError):
        await asyncio.get_running_loop().getaddrinfo(host, 5432)


@pytest.mark.allow_network("a datagram to a network that is for documentation only")
def test_right_allowed() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        with suppress(OSError):
            datagrams.sendto(b"", ("192.0.2.1", 53))
