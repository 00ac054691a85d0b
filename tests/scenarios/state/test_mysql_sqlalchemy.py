"""What a test can change about a session of MySQL, through SQLAlchemy."""

import pytest

pytestmark = pytest.mark.asyncio
twice = pytest.mark.parametrize("time", ["first", "second"])
STATE = "SELECT @@foreign_key_checks, @of_a_test, @@tx_isolation, GET_LOCK('of_a_test', 5)"


@twice
async def test_session(run_sql, time):
    row = (await run_sql(STATE)).one()
    assert tuple(row) == (1, None, "REPEATABLE-READ", 1)
    await run_sql("SET foreign_key_checks = 0, @of_a_test = 1")
    await run_sql("SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE")
    await run_sql("PREPARE plan FROM 'SELECT 1'")
    await run_sql("CREATE TEMPORARY TABLE temporary (id integer)")


@twice
async def test_changed_schema(run_sql, time):
    assert (await run_sql("SELECT * FROM users")).all() == []
    await run_sql("ALTER TABLE users ADD COLUMN age integer")
