"""What a test can change about a session of PostgreSQL, and a rollback does not undo."""

import asyncio
import json

import asyncpg
import pytest

pytestmark = pytest.mark.asyncio
twice = pytest.mark.parametrize("time", ["first", "second"])
told = []
seeded = set()


@twice
async def test_before_and_after_a_change_of_the_schema(connection, time):
    assert await connection.fetch("SELECT * FROM users") == []


@twice
async def test_added_column(connection, time):
    await connection.execute("ALTER TABLE users ADD COLUMN age integer")
    assert await connection.fetch("SELECT * FROM users") == []


@twice
async def test_dropped_column(connection, time):
    await connection.execute("ALTER TABLE users DROP COLUMN email")
    assert await connection.fetch("SELECT * FROM users") == []


@pytest.mark.parametrize("values", ["'a', 'b'", "'c'"])
async def test_types(connection, values):
    await connection.execute(f"CREATE TYPE mood AS ENUM ({values})")
    await connection.execute("CREATE TABLE moods (m mood)")
    await connection.execute("INSERT INTO moods VALUES ($1)", values[1])
    assert await connection.fetchval("SELECT m FROM moods") == values[1]
    assert await connection.fetchval("SELECT $1::mood[]", [values[1]]) == [values[1]]


@pytest.mark.parametrize("kind", ["integer", "text"])
async def test_composite_types(connection, kind):
    await connection.execute(f"CREATE TYPE pair AS (one {kind}, two {kind})")
    row = await connection.fetchval("SELECT ROW('1', '2')::pair")
    assert tuple(row) == ((1, 2) if kind == "integer" else ("1", "2"))


@twice
async def test_codec(connection, time):
    text = """SELECT '{"a": 1}'::json"""
    assert await connection.fetchval(text) == '{"a": 1}'
    codec = {"encoder": json.dumps, "decoder": json.loads, "schema": "pg_catalog"}
    await connection.set_type_codec("json", **codec)
    assert await connection.fetchval(text) == {"a": 1}


@twice
async def test_prepared_by_name(connection, time):
    await connection.execute("PREPARE plan AS SELECT 1")
    await connection.execute("DECLARE held CURSOR WITH HOLD FOR SELECT 1")
    await connection.execute("CREATE TEMPORARY TABLE temporary (x integer)")
    await connection.execute("LISTEN news")


@twice
async def test_several_statements_at_once(connection, time):
    assert await connection.fetchval("SHOW search_path") != "nowhere"
    await connection.execute("INSERT INTO users VALUES (1, 'a', 'a'); PREPARE second AS SELECT 1")
    await connection.execute("SELECT 1; SET search_path TO nowhere")


@twice
async def test_settings(connection, time):
    assert await connection.fetchval("SHOW statement_timeout") == "0"
    assert await connection.fetchval("SELECT current_setting('app.user', true)") in (None, "")
    await connection.execute("SET statement_timeout = '5s'")
    await connection.execute("SELECT set_config('app.user', 'eve', false)")


@twice
async def test_level_of_isolation(connection, time):
    assert await connection.fetchval("SHOW default_transaction_isolation") == "read committed"
    await connection.execute(
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE"
    )


@twice
async def test_seed(connection, time):
    assert await connection.fetchval("SELECT random()") not in seeded
    await connection.execute("SELECT setseed(0.5)")
    values = await connection.fetch("SELECT random() FROM generate_series(1, 3)")
    await connection.execute("SELECT setseed(0.5)")
    seeded.update(row[0] for row in values)


@twice
async def test_locks(connection, database_url, time):
    other = await asyncpg.connect(database_url)
    assert await other.fetchval("SELECT pg_try_advisory_lock(7)")
    await other.close()
    await connection.execute("SELECT pg_advisory_lock(7)")


@twice
async def test_listeners(connection, time):
    told.clear()
    await connection.execute("DO $$ BEGIN RAISE NOTICE 'hello'; END $$")
    await asyncio.sleep(0)
    assert told == []
    connection.add_query_logger(told.append)
    connection.add_log_listener(lambda *_: told.append("notice"))
    connection.add_termination_listener(lambda _: told.append("end"))


@twice
async def test_query_logger_alone(connection, time):
    told.clear()
    await connection.fetchval("SELECT 1")
    await asyncio.sleep(0)
    assert told == []
    connection.add_query_logger(told.append)


@twice
async def test_log_listener_alone(connection, time):
    told.clear()
    await connection.fetch("EXPLAIN (ANALYZE) SELECT 1")
    assert told == []
    connection.add_log_listener(lambda *_: told.append("notice"))


@twice
async def test_reset(connection, time):
    assert connection.is_in_transaction()
    await connection.fetch(query="SELECT 1")
    await connection.reload_schema_state()


@pytest.mark.parametrize(
    "select",
    ["SELECT 1 AS a INTO TEMP own", "WITH b AS (SELECT 'b' x, 2 y) SELECT * INTO own FROM b"],
)
async def test_select_into_a_table(connection, select):
    await connection.execute(select)
    assert len(await connection.fetch("SELECT * FROM own")) == 1


@twice
async def test_last_value_of_a_sequence(connection, time):
    savepoint = connection.transaction()
    await savepoint.start()
    with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError):
        await connection.fetchval("SELECT lastval()")
    await savepoint.rollback()


@twice
async def test_next_value_of_a_sequence(connection, time):
    assert await connection.fetchval("SELECT nextval('numbers')") == 1


@twice
async def test_replaced_method(connection, time):
    assert await connection.fetchval("SELECT 1") == 1

    async def fail(*args, **options):
        raise ConnectionError

    connection.execute = connection.fetchval = fail
