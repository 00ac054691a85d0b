import asyncpg
import pytest


@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_nothing_of_a_session_is_left(connection, database_url, time):
    other = await asyncpg.connect(database_url)
    assert await other.fetchval("SELECT pg_try_advisory_lock(7)")
    await other.close()
    assert await connection.fetchval("SELECT pg_try_advisory_lock(7)")
    assert await connection.fetchval("SHOW search_path") != "nowhere"
    await connection.execute("SET search_path = nowhere")
    await connection.execute("CREATE TEMPORARY TABLE of_a_test (id integer)")
