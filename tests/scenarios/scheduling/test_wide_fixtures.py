import asyncio
import socketserver
import threading
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

pytestmark = [pytest.mark.asyncio, pytest.mark.virtual_time]
HOUR = 3600


class Echo(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        while line := self.rfile.readline():
            time.sleep(0.2)
            self.wfile.write(line)


@pytest.fixture(scope="session", autouse=True)
def server_in_a_thread() -> Iterator[tuple[str, int]]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield server.server_address  # type: ignore[misc]
        server.shutdown()
        thread.join()


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest_asyncio.fixture(scope="LOOP", loop_scope="LOOP")
async def connection(server_in_a_thread: tuple[str, int]) -> AsyncIterator[Streams]:
    reader, writer = await asyncio.open_connection(*server_in_a_thread)
    writer.write(b"first\n")
    assert await reader.readline() == b"first\n"
    yield reader, writer
    writer.close()
    await writer.wait_closed()


async def test_time_jumps_beside_an_idle_connection(connection: Streams) -> None:
    await asyncio.sleep(HOUR)
    async with asyncio.timeout(HOUR):
        await asyncio.gather(asyncio.sleep(60), asyncio.create_task(asyncio.sleep(90)))


async def test_response_on_an_older_connection_takes_real_time(connection: Streams) -> None:
    reader, writer = connection
    async with asyncio.timeout(HOUR):
        writer.write(b"hello\n")
        assert await reader.readline() == b"hello\n"
    await asyncio.sleep(HOUR)
