"""The databases of generated projects: isolated, cleaned up after, on your own server too."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Environment, skip_without_server
from generated import CHOICES, Answers, command_for, render
from test_suites import DISTRIBUTIONS, distribution_for, run_suite
from waiting import SIGNALS, is_served, wait_until, waiting_suite

DROPPED_IN = Path(__file__).parent / "dropped_in"
DATABASES = [database for database in CHOICES["database"] if database != "none"]
SERVERS = [database for database in DATABASES if database != "sqlite"]

KILL_CONNECTION = {
    "sqlite": "SELECT 1",
    "postgresql": "SELECT pg_terminate_backend(pg_backend_pid())",
    "mysql": "KILL CONNECTION_ID()",
}
SLOW_QUERY = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000) "
    "SELECT count(*) FROM n",
    "postgresql": "SELECT pg_sleep(30)",
    "mysql": "SELECT SLEEP(30)",
}


@pytest.mark.parametrize("loop", ["function", "session"])
@pytest.mark.parametrize("access", CHOICES["data_access"])
@pytest.mark.parametrize("database", DATABASES)
def test_every_test_sees_an_empty_schema(
    tmp_path: Path, environment: Environment, database: str, access: str, loop: str
) -> None:
    skip_without_server(database)
    answers = {"database": database, "data_access": access, "fixture_loop_scope": loop}
    project = render(tmp_path, answers | {"http_client": "none"})
    text = (DROPPED_IN / "isolation.py").read_text(encoding="utf-8")
    text = text.replace("KILL_CONNECTION", KILL_CONNECTION[database])
    text = text.replace("SLOW_QUERY", SLOW_QUERY[database]).replace("LOOP", loop)
    (project / "tests" / "test_isolation.py").write_text(text, encoding="utf-8")
    print(f"To do it by hand: {command_for(answers)}, and add tests/dropped_in/isolation.py")

    for order in (["-p", "no:randomly"], ["--randomly-seed=1"], ["-n2"]):
        done = environment.run(
            project, "pytest", "-p", "no:cacheprovider", *order, "tests/test_isolation.py"
        )
        assert done.returncode == 0, done.stdout
        assert re.search(r"\b2 xfailed\b", done.stdout), done.stdout


@pytest.mark.combinations("all databases")
def test_store_in_every_way(
    tmp_path: Path, environment: Environment, answers: Answers, request: pytest.FixtureRequest
) -> None:
    skip_without_server(answers["database"])
    project = render(tmp_path, answers | {"http_client": "none"})
    print(f"To do it by hand: {command_for(answers | {'http_client': 'none'})}")

    one = distribution_for(answers)
    for distribution in DISTRIBUTIONS if request.config.getoption("thorough") else [one]:
        run_suite(environment, project, "tests/test_store.py", "-n2", f"--dist={distribution}")
    run_suite(environment, project, "tests/test_store.py", "-n0")


LISTENING = """
import asyncio

import asyncpg
import pytest


@pytest.mark.asyncio
@pytest.mark.parametrize("number", [1, 2])
async def test_listener_hears_what_another_connection_says(fresh_database_url, number):
    heard = asyncio.Queue()
    listener = await asyncpg.connect(fresh_database_url)
    speaker = await asyncpg.connect(fresh_database_url)
    await listener.add_listener("news", lambda *said: heard.put_nowait(said[-1]))
    async with speaker.transaction():
        await speaker.execute(f"NOTIFY news, '{number}'")
    assert await heard.get() == str(number)
    await listener.close()
    await speaker.close()
"""


OF_A_SESSION = """
import asyncpg
import pytest

@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_nothing_of_a_session_is_left(connection, database_url, time):
    other = await asyncpg.connect(database_url)
    assert await other.fetchval("SELECT pg_try_advisory_lock(7)")
    await other.close()
    assert await connection.fetchval("SELECT pg_try_advisory_lock(7)")
    assert await connection.fetchval("SHOW search_path") != "nowhere"
    await connection.execute("SET search_path = nowhere")
    await connection.execute("CREATE TEMPORARY TABLE of_a_test (id integer)")
"""


@pytest.mark.parametrize("loop", ["function", "session"])
def test_nothing_of_a_postgresql_session_is_left(
    tmp_path: Path, environment: Environment, loop: str
) -> None:
    answers = {"database": "postgresql", "http_client": "none", "fixture_loop_scope": loop}
    project = render(tmp_path, answers)
    (project / "tests" / "test_of_a_session.py").write_text(OF_A_SESSION, encoding="utf-8")

    for order in (["-p", "no:randomly"], ["--randomly-seed=1"]):
        counts = run_suite(environment, project, "tests/test_of_a_session.py", *order)
        assert counts == {"passed": 2}


OF_SQLALCHEMY = """
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
"""


@pytest.mark.parametrize("loop", ["function", "session"])
def test_sqlalchemy_stays_inside_the_transaction_of_the_test(
    tmp_path: Path, environment: Environment, loop: str
) -> None:
    answers = {"database": "postgresql", "data_access": "sqlalchemy", "fixture_loop_scope": loop}
    project = render(tmp_path, answers | {"http_client": "none"})
    engine = project / "src" / "demo" / "engine.py"
    text = engine.read_text(encoding="utf-8")
    serializable = text.replace("engine(url)", 'engine(url, isolation_level="SERIALIZABLE")')
    engine.write_text(serializable, encoding="utf-8")
    tests = project / "tests" / "test_of_sqlalchemy.py"
    tests.write_text(OF_SQLALCHEMY.replace("LOOP", loop), encoding="utf-8")

    for order in (["-p", "no:randomly"], ["--randomly-seed=1"]):
        counts = run_suite(environment, project, "tests/test_of_sqlalchemy.py", *order)
        assert counts == {"passed": 10}


OF_A_MYSQL_SESSION = """
import pytest

@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_nothing_of_a_session_is_left(run_sql, time):
    state = "SELECT @@foreign_key_checks, @of_a_test, GET_LOCK('of_a_test', 5)"
    assert [tuple(row) for row in await run_sql(state)] == [(1, None, 1)]
    await run_sql("SET foreign_key_checks = 0, @of_a_test = 1")
    await run_sql("CREATE TEMPORARY TABLE of_a_test (id integer)")
"""


@pytest.mark.parametrize("loop", ["function", "session"])
@pytest.mark.parametrize("access", CHOICES["data_access"])
def test_nothing_of_a_mysql_session_is_left(
    tmp_path: Path, environment: Environment, access: str, loop: str
) -> None:
    skip_without_server("mysql")
    answers = {"database": "mysql", "data_access": access, "fixture_loop_scope": loop}
    project = render(tmp_path, answers | {"http_client": "none"})
    tests = project / "tests" / "test_of_a_session.py"
    tests.write_text(OF_A_MYSQL_SESSION, encoding="utf-8")

    assert run_suite(environment, project, "tests/test_of_a_session.py") == {"passed": 2}


TEMPORARY_FILES = """
from urllib.parse import parse_qs, urlsplit

import pytest

@pytest.mark.asyncio
async def test_temporary_files_are_beside_the_socket(connection, database_url):
    async with connection.cursor() as cursor:
        await cursor.execute("SELECT @@tmpdir")
        (folder,) = await cursor.fetchone()
    assert parse_qs(urlsplit(database_url).query)["unix_socket"] == [f"{folder}/socket"]
"""


def test_mysql_servers_do_not_share_temporary_files(
    tmp_path: Path, environment: Environment
) -> None:
    skip_without_server("mysql")
    project = render(tmp_path, {"database": "mysql", "http_client": "none"})
    (project / "tests" / "test_files.py").write_text(TEMPORARY_FILES, encoding="utf-8")

    assert run_suite(environment, project, "tests/test_files.py") == {"passed": 1}


ROW_FACTORY = """
import pytest

@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_rows_are_tuples(connection, run_sql, time):
    cursor = await run_sql("SELECT 1 AS number")
    assert await cursor.fetchone() == (1,)
    connection.row_factory = lambda _, row: list(row)
"""

LISTENING_IN_A_TEST = """
import pytest

listened = set()

@pytest.mark.asyncio
@pytest.mark.parametrize("time", [1, 2, 3])
async def test_listener_is_left(connection, time):
    session = await connection.fetchval("SELECT pg_backend_pid()")
    assert session not in listened
    listened.add(session)
    await connection.add_listener("news", lambda *_: None)
"""

COMMITTED_ELSEWHERE = """
import sqlite3
from contextlib import closing

import pytest

left_open = []

def connect_and_commit(database_url):
    other = sqlite3.connect(database_url, uri=True)
    with other:
        other.execute("INSERT INTO users VALUES (1, 'Ada', 'ada@example.com')")
    return other

@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_another_connection_commits(store, database_url, time):
    assert await store.count() == 0
    connect_and_commit(database_url).close()

@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second", "third"])
async def test_another_connection_is_left_open(store, database_url, time):
    assert await store.count() == 0
    for other in left_open:
        other.close()
    left_open.append(connect_and_commit(database_url))

def test_there_is_no_transaction_to_roll_back(database_url):
    connect_and_commit(database_url).close()

@pytest.mark.asyncio
async def test_last(store, database_url):
    left_open.pop().close()
    assert await store.count() == 0
    with closing(sqlite3.connect(database_url, uri=True)) as other:
        assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)
"""


@pytest.mark.parametrize("loop", ["function", "session"])
@pytest.mark.parametrize(
    ("database", "access", "text", "tests"),
    [
        ("postgresql", "driver", LISTENING_IN_A_TEST, 3),
        ("sqlite", "driver", ROW_FACTORY, 2),
        ("sqlite", "driver", COMMITTED_ELSEWHERE, 7),
        ("sqlite", "sqlalchemy", COMMITTED_ELSEWHERE, 7),
    ],
    ids=["listener", "row factory", "another connection", "another connection, SQLAlchemy"],
)
def test_nothing_is_left_beside_the_transaction(
    tmp_path: Path,
    environment: Environment,
    database: str,
    access: str,
    text: str,
    tests: int,
    loop: str,
) -> None:
    answers = {"database": database, "data_access": access, "fixture_loop_scope": loop}
    project = render(tmp_path, answers | {"http_client": "none"})
    (project / "tests" / "test_beside.py").write_text(text, encoding="utf-8")

    counts = run_suite(environment, project, "tests/test_beside.py", "-p", "no:randomly")
    assert counts == {"passed": tests}


@pytest.mark.parametrize("loop", ["function", "session"])
def test_notifications_arrive_in_a_fresh_database(
    tmp_path: Path, environment: Environment, loop: str
) -> None:
    answers = {"database": "postgresql", "http_client": "none", "fixture_loop_scope": loop}
    project = render(tmp_path, answers)
    (project / "tests" / "test_listening.py").write_text(LISTENING, encoding="utf-8")

    counts = run_suite(environment, project, "tests/test_listening.py", "-n2")

    assert counts == {"passed": 2}


# Where the server of a run has its folder.
FOLDER = """
parse_qs(urlsplit(database_url).query).get("host") or
[os.path.dirname(parse_qs(urlsplit(database_url).query)["unix_socket"][0])]
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no servers on sockets in files")
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("how", SIGNALS)
@pytest.mark.parametrize("database", SERVERS)
def test_nothing_is_left_of_a_server(
    tmp_path: Path, environment: Environment, database: str, how: str, workers: int
) -> None:
    skip_without_server(database)
    project = render(tmp_path, {"database": database, "http_client": "none"})
    fixtures = "store, database_url"
    with waiting_suite(environment.python, project, fixtures, FOLDER, workers) as (suite, folders):
        (folder,) = folders
        assert is_served(folder)

        os.killpg(suite.pid, SIGNALS[how])

        wait_until(lambda: not folder.exists() and not is_served(folder), seconds=15)


SERVE = """
import asyncio, os, subprocess, sys
from tests.fixtures.database_urls import Server, start_server

def databases(server):
    return sorted(asyncio.run(server.execute(sys.argv[1])))

with start_server() as url:
    server = Server(url, "test_other")
    before = databases(server)
    variables = {**os.environ, "TEST_DATABASE_URL": url}
    command = [sys.executable, "-m", "pytest", *sys.argv[2:]]
    code = subprocess.run(command, env=variables).returncode
    assert databases(server) == before, databases(server)
sys.exit(code)
"""
LIST = {"postgresql": "SELECT datname FROM pg_database", "mysql": "SHOW DATABASES"}

KILL_WORKER = """
import os, pytest
@pytest.mark.parametrize("number", range(4))
def test_worker_dies(database_url, number):
    if number == 1 and os.environ.get("PYTEST_XDIST_WORKER"):
        os._exit(1)
"""


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize("database", SERVERS)
def test_own_server_is_used_and_left_as_it_was(
    tmp_path: Path, environment: Environment, database: str, workers: str
) -> None:
    skip_without_server(database)
    project = render(tmp_path, {"database": database, "http_client": "none"})
    serve = tmp_path / "serve.py"
    serve.write_text(SERVE, encoding="utf-8")
    (project / "tests" / "test_worker_dies.py").write_text(KILL_WORKER, encoding="utf-8")
    outer = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    variables = outer | {"PYTHONPATH": os.pathsep.join(["src", "."])}

    done = subprocess.run(
        [environment.python, serve, LIST[database], "-n", workers],
        cwd=project,
        env=variables,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    killed = "worker 'gw" in done.stdout
    assert killed == (workers == "2"), done.stdout
    assert "AssertionError" not in done.stderr, done.stderr
    assert done.returncode == (1 if killed else 0), done.stdout + done.stderr


BAD_SERVERS = {
    "postgresql": [
        ("oracle://localhost/data", "does not begin with postgresql://"),
        ("postgresql://somebody:secret@127.0.0.1:1/data", "Connect call failed"),
    ],
    "mysql": [
        ("oracle://localhost/data", "does not begin with mysql://"),
        ("mysql://somebody:secret@127.0.0.1:1/data", "Can't connect to MySQL server"),
    ],
}


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(
    ("database", "url", "says"),
    [(database, *bad) for database, all_bad in BAD_SERVERS.items() for bad in all_bad],
)
def test_a_server_that_cannot_be_used_is_named_at_once(
    tmp_path: Path, environment: Environment, database: str, url: str, says: str, workers: str
) -> None:
    project = render(tmp_path, {"database": database, "http_client": "none"})

    done = environment.run(project, "pytest", "-n", workers, TEST_DATABASE_URL=url)

    line, *_ = [line for line in done.stdout.splitlines() if "TEST_DATABASE_URL: " in line]
    assert says in line
    assert f"needed is {database}://user:password@host" in line
    assert done.returncode == 69, done.stdout
    assert "passed" not in done.stdout, done.stdout


def test_without_a_mysql_server_the_message_says_how_to_get_one(
    tmp_path: Path, environment: Environment
) -> None:
    project = render(tmp_path, {"database": "mysql", "http_client": "none"})
    fixtures = project / "tests" / "fixtures" / "database_urls.py"
    text = fixtures.read_text(encoding="utf-8")
    nowhere = text.replace('("mariadbd", "mysqld")', '("not-there", "neither")')
    fixtures.write_text(nowhere, encoding="utf-8")

    done = environment.run(project, "pytest", "-p", "no:cacheprovider")

    assert nowhere != text
    assert done.returncode == 69, done.stdout
    assert "apt install mariadb-server" in done.stdout
    assert "TEST_DATABASE_URL" in done.stdout


@pytest.mark.parametrize("database", SERVERS)
def test_two_runs_at_the_same_time_in_a_folder_with_blanks(
    tmp_path: Path, environment: Environment, database: str
) -> None:
    skip_without_server(database)
    project = render(tmp_path, {"database": database, "http_client": "none"})
    moved = tmp_path / "a folder with blanks"
    shutil.move(project, moved)
    command = [str(environment.python), "-m", "pytest", "-p", "no:cacheprovider", "-n", "2"]
    runs = [
        subprocess.Popen(
            command,
            cwd=moved,
            env=os.environ | {"PYTHONPATH": "src"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        for _ in range(2)
    ]
    outputs = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], outputs


WEAK = """
import asyncio, os, subprocess, sys
from tests.fixtures.database_urls import Server, start_server

statement, account = sys.argv[1:]
with start_server() as url:
    asyncio.run(Server(url, "test_other").execute(statement))
    mine = url.partition("//")[2].partition("@")[0]
    variables = {**os.environ, "TEST_DATABASE_URL": url.replace(f"//{mine}@", f"//{account}@")}
    sys.exit(subprocess.run([sys.executable, "-m", "pytest"], env=variables).returncode)
"""


@pytest.mark.parametrize(
    ("database", "statement", "account", "says"),
    [
        ("postgresql", "CREATE ROLE weak LOGIN", "weak", "permission denied to create database"),
        ("postgresql", "SELECT 1", "stranger", 'role "stranger" does not exist'),
        ("mysql", "CREATE USER weak@localhost", "weak", "Access denied for user 'weak'"),
        ("mysql", "CREATE USER weak@localhost", "weak:wrong", "using password: YES"),
    ],
)
def test_a_user_that_may_not_make_databases_is_named_at_once(
    tmp_path: Path,
    environment: Environment,
    database: str,
    statement: str,
    account: str,
    says: str,
) -> None:
    skip_without_server(database)
    project = render(tmp_path, {"database": database, "http_client": "none"})
    script = tmp_path / "weak.py"
    script.write_text(WEAK, encoding="utf-8")

    done = subprocess.run(
        [environment.python, script, statement, account],
        cwd=project,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(["src", "."])},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    line, *_ = [line for line in done.stdout.splitlines() if "TEST_DATABASE_URL: " in line]
    assert says in line
    assert done.returncode == 69
    assert "passed" not in done.stdout


@pytest.mark.parametrize("database", SERVERS)
def test_a_mistake_in_the_schema_is_not_blamed_on_the_server(
    tmp_path: Path, environment: Environment, database: str
) -> None:
    skip_without_server(database)
    project = render(tmp_path, {"database": database, "http_client": "none"})
    store = project / "src" / "demo" / "store.py"
    text = store.read_text(encoding="utf-8")
    assert "CREATE TABLE users" in text
    broken = text.replace("CREATE TABLE users", "CREATE TABEL users")
    store.write_text(broken, encoding="utf-8")

    done = environment.run(project, "pytest", "-p", "no:cacheprovider")

    assert done.returncode == 1, done.stdout
    assert "TABEL" in done.stdout
    assert "TEST_DATABASE_URL: " not in done.stdout
