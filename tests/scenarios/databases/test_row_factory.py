import pytest


@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_rows_are_tuples(connection, run_sql, time):
    cursor = await run_sql("SELECT 1 AS number")
    assert await cursor.fetchone() == (1,)
    connection.row_factory = lambda _, row: list(row)
