import pytest

listened = set()


@pytest.mark.asyncio
@pytest.mark.parametrize("time", [1, 2, 3])
async def test_listener_is_left(connection, time):
    session = await connection.fetchval("SELECT pg_backend_pid()")
    assert session not in listened
    listened.add(session)
    await connection.add_listener("news", lambda *_: None)
