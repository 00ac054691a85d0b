"""uvloop's event loop, for the guards: its sockets and transports are none of Python's."""

import sys
import warnings
from typing import Any

import uvloop

from . import open_objects


class Loop(uvloop.Loop):
    """uvloop's, telling the guards what asyncio's own tells them."""

    async def getaddrinfo(self, host: Any, port: Any, **options: Any) -> Any:
        sys.audit("socket.getaddrinfo", host, port, 0, 0, 0)
        return await super().getaddrinfo(host, port, **options)

    async def create_connection(self, *args: Any, **options: Any) -> Any:
        host = options.get("host", *args[1:2])
        sys.audit("socket.connect", self, (host, 0))
        return note(await super().create_connection(*args, **options))

    async def create_datagram_endpoint(self, *args: Any, **options: Any) -> Any:
        sys.audit("socket.connect", self, options.get("remote_addr", *args[2:3]))
        return note(await super().create_datagram_endpoint(*args, **options))

    async def create_unix_connection(self, *args: Any, **options: Any) -> Any:
        return note(await super().create_unix_connection(*args, **options))

    async def create_server(self, *args: Any, **options: Any) -> Any:
        return note(await super().create_server(*args, **options))

    async def create_unix_server(self, *args: Any, **options: Any) -> Any:
        return note(await super().create_unix_server(*args, **options))

    async def connect_read_pipe(self, *args: Any, **options: Any) -> Any:
        return note(await super().connect_read_pipe(*args, **options))

    async def connect_write_pipe(self, *args: Any, **options: Any) -> Any:
        return note(await super().connect_write_pipe(*args, **options))

    async def subprocess_exec(self, *args: Any, **options: Any) -> Any:
        return note(await super().subprocess_exec(*args, **options))

    async def subprocess_shell(self, *args: Any, **options: Any) -> Any:
        return note(await super().subprocess_shell(*args, **options))

    def close(self) -> None:
        # A warning that is an error leaves a transport open, and then closing hangs.
        with warnings.catch_warnings(action="ignore", category=ResourceWarning):
            super().close()


def note(opened: Any) -> Any:
    """Note a server, or the transport of a pair: the test must close it."""
    thing = opened[0] if isinstance(opened, tuple) else opened
    if hasattr(thing, "is_serving"):
        open_objects.note(thing, open_objects.CLOSABLE["asyncio.Server"])
    else:
        open_objects.note(thing)
    return opened
