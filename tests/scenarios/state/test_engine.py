"""What a test can change about the engine of SQLAlchemy."""

import pytest
from sqlalchemy import event, text

pytestmark = pytest.mark.asyncio
twice = pytest.mark.parametrize("time", ["first", "second"])
executed = []


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
