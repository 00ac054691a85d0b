"""A chat over HTTP, server-sent events and websockets."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, WebSocket, WebSocketDisconnect
from fastapi.requests import HTTPConnection
from fastapi.sse import EventSourceResponse
from pydantic import BaseModel, Field

BACKLOG = 100  # how many messages a slow listener may lag behind


class Chat:
    """Passes messages to all listeners, without waiting for slow ones."""

    def __init__(self, backlog: int) -> None:
        self._backlog = backlog
        self._listeners: set[asyncio.Queue[str]] = set()

    @contextmanager
    def listen(self) -> Iterator[asyncio.Queue[str]]:
        """Yield a queue of the messages from now on; a full one loses the oldest."""
        messages: asyncio.Queue[str] = asyncio.Queue(self._backlog)
        self._listeners.add(messages)
        try:
            yield messages
        finally:
            self._listeners.remove(messages)

    def say(self, message: str) -> None:
        """Pass a message to all listeners."""
        for messages in self._listeners:
            if messages.full():
                messages.get_nowait()
            messages.put_nowait(message)


@asynccontextmanager
async def open_chat(app: FastAPI) -> AsyncIterator[None]:
    """Create the chat that all requests share."""
    app.state.chat = Chat(BACKLOG)
    yield


async def get_chat(connection: HTTPConnection) -> Chat:
    """Return the chat of the application."""
    chat: Chat = connection.app.state.chat
    return chat


ChatDep = Annotated[Chat, Depends(get_chat)]


async def listen(chat: ChatDep) -> AsyncIterator[asyncio.Queue[str]]:
    """Listen to the chat from before the response until the connection ends."""
    with chat.listen() as messages:
        yield messages


Messages = Annotated[asyncio.Queue[str], Depends(listen)]


class Message(BaseModel):
    """A message to all listeners."""

    text: str = Field(min_length=1, max_length=1000)


router = APIRouter(prefix="/chat", tags=["chat"], lifespan=open_chat)


@router.post("", status_code=HTTPStatus.ACCEPTED)
async def say(message: Message, chat: ChatDep) -> Message:
    """Send a message to everyone who is listening now."""
    chat.say(message.text)
    return message


@router.get("/events", response_class=EventSourceResponse)
async def events(messages: Messages) -> AsyncIterator[Message]:
    """Stream the messages as server-sent events."""
    while True:
        yield Message(text=await messages.get())


@router.websocket("/socket")
async def socket(socket: WebSocket, chat: ChatDep, messages: Messages) -> None:
    """Pass on the client's messages, and send it all messages, its own included."""
    await socket.accept()
    async with asyncio.TaskGroup() as group:
        sender = group.create_task(send_all(messages, socket))
        async for text in socket.iter_text():
            chat.say(text)
        sender.cancel()


async def send_all(messages: asyncio.Queue[str], socket: WebSocket) -> None:
    """Send messages to a client until it disconnects."""
    try:
        while True:
            await socket.send_text(await messages.get())
    except WebSocketDisconnect:
        pass  # the receiving side notices, too
