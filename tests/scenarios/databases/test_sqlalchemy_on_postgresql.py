import pytest
import pytest_asyncio

databases, listened = set(), set()


@pytest_asyncio.fixture(scope="function", loop_scope="LOOP", autouse=True)
async def unspoiled(run_sql):
    database = await run_sql("SELECT oid FROM pg_database WHERE datname = current_database()")
    databases.add(database.scalar_one())
    assert len(databases) == 1
    assert (await run_sql("SELECT count(*) FROM users")).scalar_one() == 0


@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_transactions_of_the_connection_end_inside(connection, run_sql, time):
    add = "INSERT INTO users VALUES ({0}, 'Ada', '{0}@example.com')"
    await connection.rollback()
    async with connection.begin():
        await run_sql(add.format(1))
    await run_sql(add.format(2))
    await connection.rollback()
    await run_sql(add.format(3))
    await connection.commit()
    rows = await run_sql("SELECT id FROM users ORDER BY id")
    assert list(rows.scalars()) == [1, 3]


@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_statements_past_sqlalchemy_are_inside(connection, time):
    await connection.rollback()
    driver = (await connection.get_raw_connection()).driver_connection
    await driver.execute("INSERT INTO users VALUES (1, 'Ada', 'ada@example.com')")


@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_level_of_the_engine(run_sql, time):
    level = await run_sql("SHOW transaction_isolation")
    assert level.scalar_one() == "serializable"


@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_locks(connection, rolled_back, time):
    async with rolled_back.connect() as other:
        for used in (other, connection):
            lock = await used.exec_driver_sql("SELECT pg_try_advisory_lock(7)")
            assert lock.scalar_one()
            if used is other:
                await used.exec_driver_sql("SELECT pg_advisory_unlock(7)")


@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_listeners(connection, run_sql, time):
    session = (await run_sql("SELECT pg_backend_pid()")).scalar_one()
    assert session not in listened
    listened.add(session)
    driver = (await connection.get_raw_connection()).driver_connection
    await driver.add_listener("news", lambda *_: None)
