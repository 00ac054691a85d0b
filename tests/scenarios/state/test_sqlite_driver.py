"""What a test can change about a connection to SQLite."""

import pytest

pytestmark = pytest.mark.asyncio
twice = pytest.mark.parametrize("time", ["first", "second"])
traced = []


async def value(connection, statement):
    async with connection.execute(statement) as cursor:
        (row,) = await cursor.fetchall()
    return row[0]


@twice
async def test_settings(connection, time):
    defaults = {
        "foreign_keys": 1,
        "recursive_triggers": 0,
        "ignore_check_constraints": 0,
        "user_version": 0,
        "query_only": 0,  # the last, as it forbids changes
    }
    for name, default in defaults.items():
        assert await value(connection, f"PRAGMA {name}") == default
    assert await value(connection, "SELECT 'A' LIKE 'a'") == 1
    await connection.execute("INSERT INTO users VALUES (1, 'a', 'a')")
    await connection.execute("PRAGMA case_sensitive_like = ON")
    for name, default in defaults.items():
        await connection.execute(f"PRAGMA {name} = {1 - default}")


@twice
async def test_factories(connection, time):
    assert await value(connection, "SELECT 'x'") == "x"
    assert connection.row_factory is None
    assert connection.isolation_level is None
    connection.text_factory = bytes
    connection.row_factory = lambda cursor, row: list(row)
    connection.isolation_level = "DEFERRED"


@twice
async def test_functions_and_callbacks(connection, time):
    traced.clear()
    assert await value(connection, "SELECT lower('X')") == "x"
    assert traced == []
    await connection.create_function("lower", 1, lambda text: "replaced")
    await connection.set_trace_callback(traced.append)
    await connection.set_authorizer(lambda *_: 0)


@twice
async def test_databases_and_tables(connection, time):
    await connection.execute("COMMIT")
    await connection.execute("ATTACH DATABASE ':memory:' AS other")
    await connection.execute("CREATE TEMPORARY TABLE temporary (x)")
    await connection.execute("CREATE TABLE numbered (id INTEGER PRIMARY KEY AUTOINCREMENT, x)")
    cursor = await connection.execute("INSERT INTO numbered (x) VALUES (1)")
    assert cursor.lastrowid == 1
    await connection.execute("DROP TABLE users")


@twice
async def test_closed(connection, time):
    assert await value(connection, "SELECT count(*) FROM users") == 0
    await connection.close()
