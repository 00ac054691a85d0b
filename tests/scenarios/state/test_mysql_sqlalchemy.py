"""What a test can change about a session of MySQL, through SQLAlchemy."""

import pytest
from sqlalchemy import event, text

pytestmark = pytest.mark.asyncio
twice = pytest.mark.parametrize("time", ["first", "second"])
executed = []
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


@twice
async def test_engine(connection, run_sql, time):
    engine = connection.engine.sync_engine
    assert "own" not in engine.get_execution_options()
    engine.update_execution_options(own=1)
    executed.clear()
    await run_sql("SELECT 1")
    assert executed == []
    event.listen(engine, "before_cursor_execute", lambda *_: executed.append(1))
    await connection.rollback()
    connection.engine.echo = "debug"


@twice
async def test_engine_of_a_session(session, time):
    assert not session.get_bind().engine.echo
    executed.clear()
    await session.execute(text("SELECT 1"))
    assert executed == []
    event.listen(session.get_bind().engine, "after_cursor_execute", lambda *_: executed.append(1))
