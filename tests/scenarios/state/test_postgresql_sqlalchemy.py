"""What a test can change about a session of PostgreSQL, through SQLAlchemy."""

import pytest
from sqlalchemy import text

pytestmark = pytest.mark.asyncio
twice = pytest.mark.parametrize("time", ["first", "second"])


@twice
async def test_before_and_after_a_change_of_the_schema(run_sql, time):
    assert (await run_sql("SELECT * FROM users")).all() == []


@twice
async def test_added_column(run_sql, time):
    await run_sql("ALTER TABLE users ADD COLUMN age integer")
    assert (await run_sql("SELECT * FROM users")).all() == []


@twice
async def test_dropped_column(run_sql, time):
    await run_sql("ALTER TABLE users DROP COLUMN email")
    assert (await run_sql("SELECT * FROM users")).all() == []


@pytest.mark.parametrize("values", ["'a', 'b'", "'c'"])
async def test_types(connection, run_sql, values):
    await run_sql(f"CREATE TYPE mood AS ENUM ({values})")
    await run_sql("CREATE TABLE moods (m mood)")
    insert = text("INSERT INTO moods VALUES (:value) RETURNING m")
    assert (await connection.execute(insert, {"value": values[1]})).scalar_one() == values[1]


@twice
async def test_prepared_by_name(run_sql, time):
    await run_sql("PREPARE plan AS SELECT 1")
    await run_sql("CREATE TEMPORARY TABLE temporary (x integer)")


@twice
async def test_settings(connection, run_sql, time):
    assert (await run_sql("SHOW statement_timeout")).scalar_one() == "0"
    await run_sql("SET statement_timeout = '5s'")
    await connection.commit()


@twice
async def test_listeners_and_codecs(connection, run_sql, time):
    number = text("SELECT 1::numeric")
    assert (await connection.execute(number)).scalar_one() == 1
    driver = (await connection.get_raw_connection()).driver_connection
    codec = {"encoder": str, "decoder": lambda value: "changed", "schema": "pg_catalog"}
    await driver.set_type_codec("numeric", **codec)


@twice
async def test_pool(connection, run_sql, time):
    await connection.rollback()
    await run_sql("INSERT INTO users VALUES (1, 'a', 'a')")
    await connection.commit()


@twice
async def test_replaced_method_of_the_driver(connection, time):
    driver = (await connection.get_raw_connection()).driver_connection
    assert await driver.fetchval("SELECT 1") == 1

    async def fail(*args, **options):
        raise ConnectionError

    driver.execute = driver.fetchval = fail
