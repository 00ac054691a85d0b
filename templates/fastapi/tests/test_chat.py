import json
from collections.abc import AsyncIterator

import pytest
from {{ cookiecutter.__asgi_client }} import AsyncClient, Response
from websockets.asyncio.client import connect

from {{ cookiecutter.package_name }}.chat_routes import Chat


def test_slow_listener_loses_the_oldest_messages() -> None:
    chat = Chat(backlog=2)

    with chat.listen() as messages:
        for message in ("one", "two", "three"):
            chat.say(message)

    assert [messages.get_nowait(), messages.get_nowait()] == ["two", "three"]
    assert messages.empty()


def test_closed_listener_receives_nothing() -> None:
    chat = Chat(backlog=2)

    with chat.listen() as messages:
        pass
    chat.say("late")

    assert messages.empty()


{{ cookiecutter.__async_test }}async def test_message_without_listeners(client: AsyncClient) -> None:
    response = await client.post("/chat", json={"text": "hello"})

    assert (response.status_code, response.json()) == (202, {"text": "hello"})


{{ cookiecutter.__async_test }}@pytest.mark.parametrize(
    "body",
    [{}, {"text": ""}, {"text": 1}, {"text": "x" * 1001}],
    ids=["no text", "empty", "number", "too long"],
)
async def test_invalid_message_is_refused(
    client: AsyncClient, body: dict[str, object]
) -> None:
    response = await client.post("/chat", json=body)

    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body", "text"]


async def events_of(response: Response) -> AsyncIterator[object]:
    """Yield the data of server-sent events."""
    async for line in response.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


{{ cookiecutter.__async_test }}async def test_server_sent_events(live_client: AsyncClient) -> None:
    async with live_client.stream("GET", "/chat/events") as response:
        for text in ("one", "two"):
            await live_client.post("/chat", json={"text": text})
        events = events_of(response)

        assert response.headers["content-type"].startswith("text/event-stream")
        assert await anext(events) == {"text": "one"}
        assert await anext(events) == {"text": "two"}


{{ cookiecutter.__async_test }}async def test_websockets_receive_the_messages_of_all(
    live_server_url: str, live_client: AsyncClient
) -> None:
    url = live_server_url.replace("http", "ws") + "/chat/socket"

    async with connect(url, proxy=None) as ada, connect(url, proxy=None) as bob:
        await ada.send("from Ada")
        assert [await ada.recv(), await bob.recv()] == 2 * ["from Ada"]

        await ada.close()
        await bob.send("from Bob")
        await live_client.post("/chat", json={"text": "over HTTP"})
        assert [await bob.recv(), await bob.recv()] == ["from Bob", "over HTTP"]
