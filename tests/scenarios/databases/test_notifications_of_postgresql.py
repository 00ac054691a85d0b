import asyncio

import asyncpg
import pytest


@pytest.mark.asyncio
@pytest.mark.parametrize("number", [1, 2])
async def test_listener_hears_what_another_connection_says(fresh_database_url, number):
    heard = asyncio.Queue()
    listener = await asyncpg.connect(fresh_database_url)
    speaker = await asyncpg.connect(fresh_database_url)
    await listener.add_listener("news", lambda *said: heard.put_nowait(said[-1]))
    async with speaker.transaction():
        await speaker.execute(f"NOTIFY news, '{number}'")
    assert await heard.get() == str(number)
    await listener.close()
    await speaker.close()
