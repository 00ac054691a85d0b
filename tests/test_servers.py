"""Database servers of generated projects: started, given by the user, unusable, stopped."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.projects import CHOICES, render
from helpers.suites import (
    SIGNALS,
    Environment,
    add_scenario,
    is_served,
    run_suite,
    skip_without_server,
    wait_until,
    waiting_suite,
)

SERVERS = [database for database in CHOICES["database"] if database not in ("none", "sqlite")]

# Where the server of a run has its folder.
FOLDER = (
    'parse_qs(urlsplit(database_url).query).get("host") or '
    '[os.path.dirname(parse_qs(urlsplit(database_url).query)["unix_socket"][0])]'
)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no servers on sockets in files")
@pytest.mark.covering
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("how", SIGNALS)
@pytest.mark.parametrize("database", SERVERS)
def test_server_ends_with_the_run(
    tmp_path: Path, environment: Environment, database: str, how: str, workers: int
) -> None:
    skip_without_server(database)
    project = render(tmp_path, {"database": database, "http_client": "none"})
    fixtures = "store, database_url"
    with waiting_suite(environment, project, fixtures, FOLDER, workers) as (suite, folders):
        (folder,) = folders
        assert is_served(folder)

        os.killpg(suite.pid, SIGNALS[how])

        wait_until(lambda: not folder.exists() and not is_served(folder), seconds=15)


WITHOUT_SERVER, WITH_SERVER = "tests/test_concurrency.py", "tests/test_store.py"
LIST = {"postgresql": "SELECT datname FROM pg_database", "mysql": "SHOW DATABASES"}


@pytest.mark.covering(0)
@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize("database", SERVERS)
def test_external_server_is_used_and_restored(
    tmp_path: Path, environment: Environment, database: str, workers: str
) -> None:
    skip_without_server(database)
    project = render(tmp_path, {"database": database, "http_client": "none"})
    add_scenario(project, "servers/use_other_database_server")
    add_scenario(project, "servers/test_killed_worker")

    done = environment.run(
        project, "tests.use_other_database_server", LIST[database], "-n", workers
    )

    killed = "worker 'gw" in done.stdout
    assert killed == (workers == "2"), done.stdout
    assert "AssertionError" not in done.stdout, done.stdout
    assert done.returncode == (1 if killed else 0), done.stdout


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


@pytest.mark.covering
@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(
    ("database", "url", "says"),
    [(database, *bad) for database, all_bad in BAD_SERVERS.items() for bad in all_bad],
)
def test_unusable_server_ends_the_tests_that_need_it(
    tmp_path: Path, environment: Environment, database: str, url: str, says: str, workers: str
) -> None:
    project = render(tmp_path, {"database": database, "http_client": "none"})

    run_suite(environment, project, "-n", workers, WITHOUT_SERVER, TEST_DATABASE_URL=url)
    arguments = ("pytest", "-n", workers, WITH_SERVER)
    done = environment.run(project, *arguments, TEST_DATABASE_URL=url)

    line, *_ = [line for line in done.stdout.splitlines() if "TEST_DATABASE_URL: " in line]
    assert says in line
    assert f"needed is {database}://user:password@host" in line
    assert done.returncode == 69, done.stdout
    assert "passed" not in done.stdout, done.stdout


def test_message_without_a_mysql_server_says_how_to_get_one(
    tmp_path: Path, environment: Environment
) -> None:
    project = render(tmp_path, {"database": "mysql", "http_client": "none"})
    fixtures = project / "tests" / "fixtures" / "database_urls.py"
    text = fixtures.read_text(encoding="utf-8")
    nowhere = text.replace('find_program("', 'find_program("not-')
    fixtures.write_text(nowhere, encoding="utf-8")

    done = environment.run(project, "pytest", "-p", "no:cacheprovider")

    assert nowhere != text
    assert done.returncode == 69, done.stdout
    assert "apt install mariadb-server" in done.stdout
    assert "TEST_DATABASE_URL" in done.stdout


@pytest.mark.thorough
@pytest.mark.parametrize("database", SERVERS)
def test_concurrent_runs_in_a_folder_with_spaces(
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
            env=environment.variables(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        for _ in range(2)
    ]
    outputs = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], outputs


@pytest.mark.covering(0)
@pytest.mark.parametrize(
    ("database", "statement", "account", "says"),
    [
        ("postgresql", "CREATE ROLE weak LOGIN", "weak", "permission denied to create database"),
        ("postgresql", "SELECT 1", "stranger", 'role "stranger" does not exist'),
        ("mysql", "CREATE USER weak@localhost", "weak", "Access denied for user 'weak'"),
        ("mysql", "CREATE USER weak@localhost", "weak:wrong", "using password: YES"),
    ],
)
def test_account_that_cannot_create_databases_is_reported(
    tmp_path: Path,
    environment: Environment,
    database: str,
    statement: str,
    account: str,
    says: str,
) -> None:
    skip_without_server(database)
    project = render(tmp_path, {"database": database, "http_client": "none"})
    add_scenario(project, "servers/use_other_account")

    done = environment.run(project, "tests.use_other_account", statement, account, WITH_SERVER)

    line, *_ = [line for line in done.stdout.splitlines() if "TEST_DATABASE_URL: " in line]
    assert says in line
    assert done.returncode == 69
    assert "passed" not in done.stdout


@pytest.mark.thorough
@pytest.mark.parametrize("access", CHOICES["data_access"])
@pytest.mark.parametrize("database", SERVERS)
def test_password_has_special_characters(
    tmp_path: Path, environment: Environment, database: str, access: str
) -> None:
    skip_without_server(database)
    answers = {"database": database, "data_access": access, "migrations": "alembic"}
    project = render(tmp_path, answers | {"web_framework": "fastapi", "http_client": "none"})
    add_scenario(project, "servers/use_special_characters")
    commands = ["pytest -p no:cacheprovider tests/test_store.py tests/test_user_routes.py"]
    if access == "sqlalchemy":
        commands += ["alembic downgrade base", "alembic upgrade head", "alembic check"]

    done = environment.run(project, "tests.use_special_characters", *commands)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("database", SERVERS)
def test_mistake_in_the_schema_is_not_blamed_on_the_server(
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

    assert done.returncode == 2, done.stdout
    (message,) = re.findall(r"The schema cannot be created: .*", done.stdout)
    assert "TABEL" in message
    assert "at src/demo/" in message
    assert "TEST_DATABASE_URL: " not in done.stdout
