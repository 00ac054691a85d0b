"""Migrations: they work from everywhere, a new one is clean, and a wrong one fails the suite."""

import os
import re
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from helpers.command_line import User
from helpers.projects import Answers, command_for, render
from helpers.suites import (
    SCENARIOS,
    Environment,
    add_scenario,
    run_suite,
    skip_without_server,
)
from uv import find_uv_bin

VERSIONS = Path("src", "demo", "migrations", "versions")
DATABASES = ["sqlite", "postgresql", "mysql"]


def with_migrations(database: str) -> Answers:
    """Return the answers of a project with migrations and as little else as possible."""
    answers = {"database": database, "data_access": "sqlalchemy", "migrations": "alembic"}
    return answers | {"http_client": "none"}


@pytest.mark.thorough
@pytest.mark.parametrize("database", DATABASES)
def test_new_table_with_a_migration(
    tmp_path: Path, environment: Environment, database: str
) -> None:
    skip_without_server(database)
    answers = with_migrations(database)
    project = render(tmp_path, answers)
    print(f"To do it by hand: {command_for(answers)}, and add a store of orders")
    orders = SCENARIOS / "second_feature" / "order_store" / "sqlalchemy.py"
    (project / "src/demo/order_store.py").write_bytes(orders.read_bytes())
    add_scenario(project, "migrations/test_commands")

    path = add_scenario(project, "migrations/test_write_revision")
    run_suite(environment, project, path)
    (project / path).unlink()
    (written,) = (project / VERSIONS).glob("*_add_orders.py")
    for tool in (
        ("ruff", "check", "src"),
        ("ruff", "format", "--check", "src"),
        ("mypy", "--cache-dir", f"{tmp_path}/mypy", "src"),
    ):
        checked = environment.run(project, *tool)
        assert checked.returncode == 0, checked.stdout

    add_change_of_users(project, written.name.partition("_")[0])
    add_scenario(project, "migrations/test_rows")
    run_suite(environment, project)


def add_change_of_users(project: Path, after: str) -> None:
    """Make the names of users longer, in the model and in a migration."""
    change = (SCENARIOS / "migrations" / "longer_names.py").read_text(encoding="utf-8")
    migration = project / VERSIONS / "ffffffffffff_longer_names.py"
    migration.write_text(change.replace("ORDERS", after), encoding="utf-8")
    store = project / "src" / "demo" / "store.py"
    name = "name: Mapped[str] = mapped_column(String({}))"
    text = store.read_text(encoding="utf-8").replace(name.format(200), name.format(300))
    store.write_text(text, encoding="utf-8")


@pytest.mark.thorough
def test_production_migrates_with_the_installed_wheel_only(tmp_path: Path) -> None:
    project = render(tmp_path, with_migrations("sqlite") | {"web_framework": "fastapi"})
    production = Environment(tmp_path / "production")
    for command in (
        ["build", "--wheel", "--out-dir", str(tmp_path), str(project)],
        ["venv", str(production.folder)],
        [
            "pip",
            "install",
            "--python",
            str(production.python),
            str(tmp_path / "demo-0.1.0-py3-none-any.whl"),
        ],
    ):
        subprocess.run([find_uv_bin(), "--quiet", *command], cwd=tmp_path, check=True)
    readme = (project / "README.md").read_text(encoding="utf-8")
    (module,) = re.findall(r"(?m)^python -m (demo\.\w+)$", readme)
    file = tmp_path / "it's a $database.sqlite"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    for _ in range(2):  # again, when there is nothing to do
        subprocess.run(
            [production.python, "-m", module],
            cwd=elsewhere,
            env=os.environ | {"DATABASE_URL": file.as_uri()},
            check=True,
        )

    with closing(sqlite3.connect(file)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    assert {"users", "alembic_version"} <= tables


@pytest.mark.thorough
@pytest.mark.parametrize("view", [False, True], ids=["tables", "view"])
@pytest.mark.parametrize("database", DATABASES)
def test_databases_are_copies_of_what_the_migrations_make(
    tmp_path: Path, environment: Environment, database: str, view: bool
) -> None:
    skip_without_server(database)
    project = render(tmp_path, with_migrations(database))
    text = (SCENARIOS / "migrations" / "shelves.py").read_text(encoding="utf-8")
    if view:
        text = text.replace("# VIEW", 'op.execute("CREATE VIEW seen AS SELECT * FROM shelves")')
    migration = project / VERSIONS / "eeeeeeeeeeee_shelves.py"
    migration.write_text(text, encoding="utf-8")
    seen = "seen" if view else "shelves"
    path = add_scenario(project, "migrations/test_shelves", SEEN=seen)

    assert run_suite(environment, project, path, "-n2") == {"passed": 6}

    runs = len((project / "upgrades.txt").read_text(encoding="utf-8").splitlines())
    if database == "sqlite":
        assert runs <= 2  # at most once per worker
    elif database == "mysql" and view:
        assert runs == 7  # a copy of tables would lack the view
    else:
        assert runs == 1


MISTAKES = {
    "the model has a column more": (
        "src/demo/store.py",
        r"( +name: Mapped.*)\n",
        r"\1\n    age: Mapped[int]\n",
        "adds what is missing",
    ),
    "the model has a default in the database": (
        "src/demo/store.py",
        r"String\(200\)\)",
        'String(200), server_default="")',
        "adds what is missing",
    ),
    "the downgrade does nothing": (
        f"{VERSIONS.as_posix()}/5b1f0c7d2a94_create_users.py",
        r'op\.drop_table\("users"\)',
        "pass",
        "test_migrations_can_be_undone_and_repeated",
    ),
    "the migration fails": (
        f"{VERSIONS.as_posix()}/5b1f0c7d2a94_create_users.py",
        r"(?m)^    op\.create_table",
        "    raise RuntimeError('not today')\n    op.create_table",
        "not today",
    ),
}


@pytest.mark.thorough
@pytest.mark.parametrize("database", DATABASES[1:])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_fails_the_suite(
    tmp_path: Path, environment: Environment, database: str, mistake: str
) -> None:
    skip_without_server(database)
    project = render(tmp_path, with_migrations(database))
    file, pattern, replacement, message = MISTAKES[mistake]
    text = (project / file).read_text(encoding="utf-8")
    mutated = re.sub(pattern, replacement, text)
    assert mutated != text
    (project / file).write_text(mutated, encoding="utf-8")

    done = environment.run(project, "pytest", "tests/test_migrations.py", "-p", "no:cacheprovider")

    assert done.returncode in (1, 2), done.stdout
    assert message in done.stdout, done.stdout


@pytest.mark.thorough
@pytest.mark.parametrize("database", DATABASES[1:])
def test_two_heads_are_named(tmp_path: Path, environment: Environment, database: str) -> None:
    skip_without_server(database)
    project = render(tmp_path, with_migrations(database))
    (first,) = (project / VERSIONS).glob("*_create_users.py")
    other = first.read_text(encoding="utf-8").replace("5b1f0c7d2a94", "000000000000")
    first.with_name("other.py").write_text(other, encoding="utf-8")

    done = environment.run(project, "pytest", "tests/test_store.py", "-p", "no:cacheprovider")

    assert done.returncode == 2, done.stdout
    assert "Multiple head revisions are present" in done.stdout


def test_no_empty_folder_is_left(user: User) -> None:
    assert user.cookiecutter("run_suite=no").returncode == 0
    folders = [path for path in user.work.rglob("*") if path.is_dir()]
    assert folders
    assert not [folder for folder in folders if not any(folder.iterdir())]
