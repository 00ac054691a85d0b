"""The databases of generated projects: every test starts with an empty one."""

from pathlib import Path

import pytest
from helpers.projects import CHOICES, Answers, command_for, render
from helpers.suites import (
    DISTRIBUTIONS,
    Environment,
    add_scenario,
    distribution_for,
    run_suite,
    skip_without_server,
)

DATABASES = [database for database in CHOICES["database"] if database != "none"]
IN_ORDER, SHUFFLED = ("-p", "no:randomly"), ("--randomly-seed=1",)

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


@pytest.mark.covering(0)
@pytest.mark.parametrize("loop", ["function", "session"])
@pytest.mark.parametrize("access", CHOICES["data_access"])
@pytest.mark.parametrize("database", DATABASES)
def test_every_test_starts_with_an_empty_schema(
    tmp_path: Path, environment: Environment, database: str, access: str, loop: str
) -> None:
    skip_without_server(database)
    answers = {"database": database, "data_access": access, "fixture_loop_scope": loop}
    project = render(tmp_path, answers | {"http_client": "none"})
    path = add_scenario(
        project,
        "databases/test_isolation",
        KILL_CONNECTION=KILL_CONNECTION[database],
        SLOW_QUERY=SLOW_QUERY[database],
    )
    print(f"To do it by hand: {command_for(answers)}")

    for order in (IN_ORDER, SHUFFLED, ("-n2",)):
        assert run_suite(environment, project, *order, path)["xfailed"] == 2


@pytest.mark.thorough
@pytest.mark.combinations("all databases")
def test_store_in_every_mode_and_loop_scope(
    tmp_path: Path, environment: Environment, answers: Answers
) -> None:
    skip_without_server(answers["database"])
    project = render(tmp_path, answers | {"http_client": "none"})
    distribution = f"--dist={distribution_for(answers)}"

    for workers in (("-n2", distribution), ("-n0",)):
        run_suite(environment, project, "tests/test_store.py", *workers)


@pytest.mark.nightly
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.combinations("all databases")
def test_store_in_every_distribution(
    tmp_path: Path, environment: Environment, answers: Answers, distribution: str
) -> None:
    skip_without_server(answers["database"])
    project = render(tmp_path, answers | {"http_client": "none"})

    run_suite(environment, project, "tests/test_store.py", "-n2", f"--dist={distribution}")


@pytest.mark.covering(0)
@pytest.mark.parametrize("loop", ["function", "session"])
@pytest.mark.parametrize(
    ("scenario", "answers", "passed"),
    [
        ("session_of_postgresql", {"database": "postgresql"}, 2),
        ("listener_left", {"database": "postgresql"}, 3),
        ("notifications_of_postgresql", {"database": "postgresql"}, 2),
        ("session_of_mysql", {"database": "mysql"}, 2),
        ("session_of_mysql", {"database": "mysql", "data_access": "sqlalchemy"}, 2),
        ("temporary_files_of_mysql", {"database": "mysql"}, 1),
        ("row_factory", {"database": "sqlite"}, 2),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_nothing_of_a_session_is_left(
    tmp_path: Path,
    environment: Environment,
    scenario: str,
    answers: Answers,
    passed: int,
    loop: str,
) -> None:
    skip_without_server(answers["database"])
    project = render(tmp_path, answers | {"http_client": "none", "fixture_loop_scope": loop})
    path = add_scenario(project, f"databases/test_{scenario}")

    for order in (IN_ORDER, SHUFFLED):
        assert run_suite(environment, project, *order, path) == {"passed": passed}


@pytest.mark.covering(0)
@pytest.mark.parametrize("loop", ["function", "session"])
def test_sqlalchemy_stays_inside_the_transaction_of_the_test(
    tmp_path: Path, environment: Environment, loop: str
) -> None:
    answers = {"database": "postgresql", "data_access": "sqlalchemy", "fixture_loop_scope": loop}
    project = render(tmp_path, answers | {"http_client": "none"})
    engine = project / "src" / "demo" / "engine.py"
    text = engine.read_text(encoding="utf-8")
    serializable = text.replace("engine(url", 'engine(url, isolation_level="SERIALIZABLE"')
    assert serializable != text
    engine.write_text(serializable, encoding="utf-8")
    path = add_scenario(project, "databases/test_sqlalchemy_on_postgresql")

    for order in (IN_ORDER, SHUFFLED):
        assert run_suite(environment, project, *order, path) == {"passed": 10}


@pytest.mark.covering
@pytest.mark.parametrize("loop", ["function", "session"])
@pytest.mark.parametrize("access", CHOICES["data_access"])
def test_commits_of_another_sqlite_connection_are_not_left(
    tmp_path: Path, environment: Environment, access: str, loop: str
) -> None:
    answers = {"database": "sqlite", "data_access": access, "fixture_loop_scope": loop}
    project = render(tmp_path, answers | {"http_client": "none"})
    path = add_scenario(project, "databases/test_other_connection")

    assert run_suite(environment, project, *IN_ORDER, path) == {"passed": 9}
