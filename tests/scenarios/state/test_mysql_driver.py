"""What a test can change about a session of MySQL, and a rollback does not undo."""

import pytest

pytestmark = pytest.mark.asyncio
twice = pytest.mark.parametrize("time", ["first", "second"])
STATE = "SELECT @@foreign_key_checks, @of_a_test, @@tx_isolation, GET_LOCK('of_a_test', 5)"


@twice
async def test_session(run_sql, time):
    ((checks, variable, level, locked),) = await run_sql(STATE)
    assert (checks, variable, level, locked) == (1, None, "REPEATABLE-READ", 1)
    await run_sql("SET foreign_key_checks = 0, @of_a_test = 1")
    await run_sql("SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE")
    await run_sql("PREPARE plan FROM 'SELECT 1'")
    await run_sql("CREATE TEMPORARY TABLE temporary (id integer)")


@twice
async def test_prepared(run_sql, time):
    with pytest.raises(Exception, match="Unknown prepared statement"):
        await run_sql("EXECUTE plan")


@twice
async def test_changed_schema(run_sql, time):
    assert await run_sql("SELECT count(*) FROM users")
    await run_sql("ALTER TABLE users ADD COLUMN age integer")
