"""Lines of text, sent over TCP."""

from __future__ import annotations

import asyncio


class Courier:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._lock = asyncio.Lock()

    async def send(self, line: str) -> str:
        async with self._lock:
            self._writer.write(f"{line}\n".encode())
            await self._writer.drain()
            return (await self._reader.readline()).decode().rstrip("\n")

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


async def connect(port: int) -> Courier:
    return Courier(*await asyncio.open_connection("127.0.0.1", port))


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(line)
        await writer.drain()
    writer.close()
