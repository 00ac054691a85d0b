"""Without the example: EXAMPLE.md says how to remove it, and then it is as if it had never been."""

import itertools
import re
from pathlib import Path

import pytest
from helpers.projects import (
    TEMPLATE,
    VARIED,
    Answers,
    command_for,
    covering_answers,
    name_of,
    render,
    steps_of_removal,
    text_files,
)
from helpers.suites import (
    Environment,
    add_scenario,
    run_suite,
    skip_without_server,
)

# Names that only the example uses.
OF_THE_EXAMPLE = re.compile(
    r"\b(User[A-Z]\w*|(test_)?(users|store|api|cache|chat)\.py|chat|EXAMPLE)\b"
)

FASTAPI = {"web_framework": "fastapi"}


def remove_example(project: Path) -> None:
    for step in steps_of_removal(project):
        for file in step:
            (project / file).unlink()


@pytest.mark.parametrize(
    "strength", [2, pytest.param(3, marks=pytest.mark.thorough)], ids=["pairs", "triples"]
)
def test_project_without_the_example_is_what_the_answer_no_gives(
    tmp_path: Path, strength: int
) -> None:
    questions = [question for question in VARIED if question != "example"]
    for answers in covering_answers(strength, questions):
        folder = tmp_path / name_of(answers)
        project = render(folder / "yes", answers | {"example": "yes"})
        without = render(folder / "no", answers | {"example": "no"})

        remove_example(project)

        assert text_files(project) == text_files(without), command_for(answers)
        for file, text in text_files(project).items():
            assert not OF_THE_EXAMPLE.findall(f"{file}\n{text}"), file


def test_example_is_whole_files() -> None:
    for folder in ("{{cookiecutter.project_slug}}", "templates"):
        for path in (TEMPLATE / folder).rglob("*"):
            if path.is_file() and path != TEMPLATE / "templates" / "README.md":
                assert "cookiecutter.example" not in path.read_text(encoding="utf-8"), path


@pytest.mark.covering(0)
@pytest.mark.parametrize(
    "answers",
    [
        {"database": "none", "http_client": "none"},
        FASTAPI | {"redis": "yes", "anyio": "yes"},
        *(
            pytest.param(answers, marks=pytest.mark.thorough)
            for answers in (
                {},
                FASTAPI
                | {"database": "postgresql", "data_access": "sqlalchemy", "migrations": "alembic"},
                FASTAPI | {"database": "mysql", "http_client": "none", "redis": "yes"},
                {"database": "none", "http_client": "httpx", "redis": "yes"},
            )
        ),
    ],
    ids=lambda answers: "-".join(answers.values()) or "default",
)
def test_example_can_be_removed(tmp_path: Path, environment: Environment, answers: Answers) -> None:
    skip_without_server(answers.get("database", "sqlite"))
    project = render(tmp_path, answers)
    print(f"To do it by hand: {command_for(answers)}")

    remove_example(project)

    assert run_suite(environment, project)["passed"] >= 5
    assert_linters_find_nothing(environment, project)


@pytest.mark.thorough
def test_example_can_be_removed_step_by_step(tmp_path: Path, environment: Environment) -> None:
    project = render(tmp_path, FASTAPI | {"redis": "yes"})
    passed = run_suite(environment, project)["passed"]
    for step in steps_of_removal(project):
        for file in step:
            (project / file).unlink()
        before, passed = passed, run_suite(environment, project)["passed"]
        assert passed <= before
    assert_linters_find_nothing(environment, project)


ORDERS = '''"""Orders."""

from sqlalchemy.orm import Mapped, mapped_column

from .database import Base


class OrderRow(Base):
    """A row of the table of orders."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
'''


@pytest.mark.thorough
def test_example_is_removed_below_the_owner_s_migrations(
    tmp_path: Path, environment: Environment
) -> None:
    answers = {"data_access": "sqlalchemy", "migrations": "alembic", "http_client": "none"}
    project = render(tmp_path, answers)
    (project / "src/demo/order_store.py").write_text(ORDERS, encoding="utf-8")
    commands = project / add_scenario(project, "migrations/test_commands")
    write_migration(environment, project, "Add orders")

    for file in itertools.chain.from_iterable(steps_of_removal(project)):
        if "migrations/versions" not in file:
            (project / file).unlink()
    write_migration(environment, project, "Drop users")

    (dropped,) = project.glob("src/demo/migrations/versions/*_drop_users.py")
    assert 'op.drop_table("users")' in dropped.read_text(encoding="utf-8")
    commands.unlink()
    assert run_suite(environment, project)["passed"] >= 5
    assert_linters_find_nothing(environment, project)


def write_migration(environment: Environment, project: Path, message: str) -> None:
    """Write a migration as a developer does, with a database that has all the others."""
    scenario = "migrations/test_write_revision"
    path = add_scenario(project, scenario, **{"Add orders": message})
    run_suite(environment, project, path)
    (project / path).unlink()


def assert_linters_find_nothing(environment: Environment, project: Path) -> None:
    for tool in (
        ("ruff", "check"),
        ("ruff", "format", "--check"),
        ("mypy", "--cache-dir", f"{project.parent}/mypy"),
    ):
        checked = environment.run(project, *tool)
        assert checked.returncode == 0, checked.stdout
