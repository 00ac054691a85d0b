import pytest


@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_nothing_of_a_session_is_left(run_sql, time):
    state = "SELECT @@foreign_key_checks, @of_a_test, GET_LOCK('of_a_test', 5)"
    assert [tuple(row) for row in await run_sql(state)] == [(1, None, 1)]
    await run_sql("SET foreign_key_checks = 0, @of_a_test = 1")
    await run_sql("CREATE TEMPORARY TABLE of_a_test (id integer)")
