"""The connection of a test has no past: nothing that one test does to it reaches the next."""

from pathlib import Path

import pytest
from helpers.projects import CHOICES, render
from helpers.suites import Environment, add_scenario, run_suite, skip_without_server

ORDERS = (["-p", "no:randomly"], ["--randomly-seed=1"], ["--randomly-seed=2"])


def add_to_store(project: Path, text: str) -> None:
    """Add tables or statements to the module of a project that holds some."""
    store = project / "src" / "demo" / "store.py"
    store.write_text(f"{store.read_text(encoding='utf-8')}\n{text}\n", encoding="utf-8")


@pytest.mark.covering(0)
@pytest.mark.parametrize("loop", ["function", "session"])
@pytest.mark.parametrize("access", CHOICES["data_access"])
@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mysql"])
def test_state_of_a_connection_ends_with_its_test(
    tmp_path: Path, environment: Environment, database: str, access: str, loop: str
) -> None:
    skip_without_server(database)
    answers = {"database": database, "data_access": access, "fixture_loop_scope": loop}
    project = render(tmp_path, answers | {"http_client": "none"})
    paths = [add_scenario(project, f"state/test_{database}_{access}")]
    if access == "sqlalchemy":
        paths.append(add_scenario(project, "state/test_engine"))
    if (database, access) == ("postgresql", "driver"):
        add_to_store(project, 'SCHEMA.append("CREATE SEQUENCE numbers")')

    for order in ORDERS:
        counts = run_suite(environment, project, *order, *paths)
        assert set(counts) == {"passed"}, counts


@pytest.mark.covering(0)
@pytest.mark.parametrize("loop", ["function", "session"])
def test_state_of_a_redis_connection_ends_with_its_test(
    tmp_path: Path, environment: Environment, loop: str
) -> None:
    answers = {"database": "none", "redis": "yes", "fixture_loop_scope": loop}
    project = render(tmp_path, answers | {"http_client": "none"})
    path = add_scenario(project, "state/test_redis")

    for order in ORDERS:
        counts = run_suite(environment, project, *order, path)
        assert set(counts) == {"passed"}, counts


@pytest.mark.covering(0)
@pytest.mark.parametrize("loop", ["session", "function"])
@pytest.mark.parametrize("client", ["httpx2", "httpx", "aiohttp"])
def test_state_of_an_http_client_ends_with_its_test(
    tmp_path: Path, environment: Environment, client: str, loop: str
) -> None:
    answers = {"database": "none", "http_client": client, "fixture_loop_scope": loop}
    project = render(tmp_path, answers)
    paths = [add_scenario(project, "state/test_http_client")]
    if client != "aiohttp":
        paths.append(add_scenario(project, "state/test_http_client_of_httpx"))

    for order in ORDERS:
        counts = run_suite(environment, project, *order, *paths)
        assert set(counts) == {"passed"}, counts


@pytest.mark.covering(0)
@pytest.mark.parametrize("loop", ["session", "function"])
def test_state_of_an_application_ends_with_its_test(
    tmp_path: Path, environment: Environment, loop: str
) -> None:
    answers = {"database": "none", "web_framework": "fastapi", "fixture_loop_scope": loop}
    project = render(tmp_path, answers | {"http_client": "none"})
    path = add_scenario(project, "state/test_app")

    for order in ORDERS:
        counts = run_suite(environment, project, *order, path)
        assert set(counts) == {"passed"}, counts


NOTES = {
    ("sqlite", "driver"): "CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, x);",
    ("postgresql", "driver"): "CREATE TABLE notes (id serial PRIMARY KEY, x text);",
}
NOTES_OF_SQLALCHEMY = """

class NoteRow(Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    x: Mapped[str] = mapped_column(String(20))
"""
FIRST_ID = """
import pytest

INSERT = "INSERT INTO notes (x) VALUES ('x')"

@pytest.mark.asyncio
@pytest.mark.parametrize("number", range(4))
async def test_first_id(connection, run_sql, number):
    for expected in (1, 2):
        if hasattr(connection, "fetchval"):
            given = await connection.fetchval(f"{INSERT} RETURNING id")
        elif hasattr(connection, "exec_driver_sql"):
            given = (await run_sql(f"{INSERT} RETURNING id")).scalar_one()
        else:
            given = (await run_sql(INSERT)).lastrowid
        assert given == expected
"""


@pytest.mark.covering(0)
@pytest.mark.parametrize("loop", ["function", "session"])
@pytest.mark.parametrize("access", CHOICES["data_access"])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_ids_start_alike_in_every_test(
    tmp_path: Path, environment: Environment, database: str, access: str, loop: str
) -> None:
    answers = {"database": database, "data_access": access, "fixture_loop_scope": loop}
    project = render(tmp_path, answers | {"http_client": "none"})
    notes = NOTES_OF_SQLALCHEMY
    if access == "driver":
        notes = f'SCHEMA.append("{NOTES[database, access]}")'
    add_to_store(project, notes)
    (project / "tests" / "test_ids.py").write_text(FIRST_ID, encoding="utf-8")

    for order in (["-p", "no:randomly"], ["-n2"]):
        assert run_suite(environment, project, "tests/test_ids.py", *order) == {"passed": 4}


SEEDED = """
SCHEMA.append("CREATE TABLE colours (id serial PRIMARY KEY, name text)")
SCHEMA.append("INSERT INTO colours (name) VALUES ('red'), ('green'), ('blue')")
"""
AFTER_SEEDS = """
import pytest

@pytest.mark.asyncio
@pytest.mark.parametrize("number", range(3))
async def test_id_after_the_rows_of_the_schema(connection, number):
    insert = "INSERT INTO colours (name) VALUES ('black') RETURNING id"
    assert await connection.fetchval(insert) == 4
"""


def test_sequences_continue_after_rows_of_the_schema(
    tmp_path: Path, environment: Environment
) -> None:
    answers = {"database": "postgresql", "data_access": "driver", "fixture_loop_scope": "session"}
    project = render(tmp_path, answers | {"http_client": "none"})
    add_to_store(project, SEEDED)
    (project / "tests" / "test_ids.py").write_text(AFTER_SEEDS, encoding="utf-8")

    assert run_suite(environment, project, "tests/test_ids.py") == {"passed": 3}


# Innocent tests must not pay: the session of the server stays the same.
KEPT = """
import pytest

sessions = set()

@pytest.mark.asyncio
@pytest.mark.parametrize("number", range(8))
async def test_connection_is_kept(connection, number):
    sessions.add(await connection.fetchval("/* why */ SELECT pg_backend_pid()"))
    async with connection.transaction():
        await connection.execute("-- a comment\\nINSERT INTO users VALUES ($1, $2, $2)", number, "a")
    await connection.executemany("UPDATE users SET name = $1", [("b",)])
    with_rows = "WITH one AS (SELECT 1 AS n) (SELECT n FROM one)"
    assert await connection.fetch(with_rows)
    assert [row async for row in connection.cursor("SELECT 1")]
    assert len(sessions) == 1
"""


def test_connection_is_kept_after_tests_that_a_rollback_undoes(
    tmp_path: Path, environment: Environment
) -> None:
    answers = {"database": "postgresql", "data_access": "driver", "fixture_loop_scope": "session"}
    project = render(tmp_path, answers | {"http_client": "none"})
    (project / "tests" / "test_kept.py").write_text(KEPT, encoding="utf-8")

    assert run_suite(environment, project, "tests/test_kept.py", "-n0") == {"passed": 8}


TEST_CLIENT = """
import pytest
from demo.app import create_app
from fastapi.testclient import TestClient

ADA = {"id": 1, "name": "Ada", "email": "ada@example.com"}

@pytest.mark.parametrize("time", ["first", "second"])
def test_sync_client_commits(settings, time):
    with TestClient(create_app(settings)) as client:
        assert client.post("/users", json=ADA).status_code == 201
        assert client.get("/users/1").json()["name"] == "Ada"

@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_sync_client_commits_in_an_async_test(settings, store, time):
    with TestClient(create_app(settings)) as client:
        assert client.post("/users", json=ADA).status_code == 201
    assert await store.count() == 0

@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_async_client(client, store, time):
    assert (await client.get("/users/1")).status_code == 404
    assert (await client.post("/users", json=ADA)).status_code == 201
    assert await store.count() == 1
"""


@pytest.mark.thorough
@pytest.mark.parametrize("access", CHOICES["data_access"])
@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mysql"])
def test_synchronous_client_of_the_application_is_isolated(
    tmp_path: Path, environment: Environment, database: str, access: str
) -> None:
    skip_without_server(database)
    answers = {"database": database, "data_access": access, "web_framework": "fastapi"}
    project = render(tmp_path, answers | {"fixture_loop_scope": "session", "http_client": "none"})
    (project / "tests" / "test_client.py").write_text(TEST_CLIENT, encoding="utf-8")

    for order in ORDERS:
        assert run_suite(environment, project, "tests/test_client.py", *order) == {"passed": 6}
