"""What a test can change about a connection to SQLite, through SQLAlchemy."""

import pytest

pytestmark = pytest.mark.asyncio
twice = pytest.mark.parametrize("time", ["first", "second"])


async def driver_of(connection):
    return (await connection.get_raw_connection()).driver_connection


@twice
async def test_settings(connection, run_sql, time):
    assert (await run_sql("PRAGMA query_only")).scalar_one() == 0
    assert (await run_sql("PRAGMA user_version")).scalar_one() == 0
    assert (await run_sql("SELECT 'A' LIKE 'a'")).scalar_one() == 1
    await run_sql("INSERT INTO users VALUES (1, 'a', 'a')")
    await run_sql("PRAGMA case_sensitive_like = ON")
    await run_sql("PRAGMA user_version = 7")
    await run_sql("PRAGMA query_only = ON")


@twice
async def test_functions_and_factories(connection, run_sql, time):
    assert (await run_sql("SELECT lower('X')")).scalar_one() == "x"
    driver = await driver_of(connection)
    await driver.create_function("lower", 1, lambda text: "replaced")
    driver.text_factory = bytes


@twice
async def test_databases_and_tables(connection, run_sql, time):
    await connection.commit()
    await run_sql("CREATE TEMPORARY TABLE temporary (x)")
    await run_sql("CREATE TABLE own (x)")
    await connection.commit()
    await run_sql("DROP TABLE users")
    await connection.commit()


@twice
async def test_session_commits(session, store, time):
    assert await store.count() == 0
    await session.connection()
    await session.commit()


@twice
async def test_closed(connection, store, time):
    assert await store.count() == 0
    await (await driver_of(connection)).close()
