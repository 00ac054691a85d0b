"""Messages to everyone who listens at the moment."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Chat:
    """Passes messages on to all listeners; nobody waits for a slow one."""

    def __init__(self, backlog: int) -> None:
        self._backlog = backlog
        self._listeners: set[asyncio.Queue[str]] = set()

    @contextmanager
    def listen(self) -> Iterator[asyncio.Queue[str]]:
        """Give a queue of the messages from now on; the oldest get lost if it is full."""
        messages: asyncio.Queue[str] = asyncio.Queue(self._backlog)
        self._listeners.add(messages)
        try:
            yield messages
        finally:
            self._listeners.remove(messages)

    def say(self, message: str) -> None:
        """Pass a message on to everyone who listens."""
        for messages in self._listeners:
            if messages.full():
                messages.get_nowait()
            messages.put_nowait(message)
