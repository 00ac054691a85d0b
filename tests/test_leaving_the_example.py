"""The example can be deleted as tests/README.md says: nothing that remains imports it."""

import re
from pathlib import Path

import pytest
from helpers.projects import Answers, command_for, render
from helpers.suites import Environment, run_suite, skip_without_server

FASTAPI = {"web_framework": "fastapi"}


@pytest.mark.parametrize(
    "answers",
    [
        {},
        FASTAPI | {"redis": "yes"},
        FASTAPI | {"database": "postgresql", "data_access": "sqlalchemy", "migrations": "alembic"},
        FASTAPI | {"database": "mysql", "http_client": "none", "redis": "yes"},
        {"database": "none", "http_client": "httpx", "redis": "yes"},
    ],
    ids=lambda answers: "-".join(answers.values()) or "default",
)
def test_example_can_be_deleted(tmp_path: Path, environment: Environment, answers: Answers) -> None:
    skip_without_server(answers.get("database", "sqlite"))
    project = render(tmp_path, answers)
    print(f"To do it by hand: {command_for(answers)}")
    readme = (project / "tests" / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## Remove the example")[2].partition("## ")[0]
    commands = re.findall(r"^git rm ((?:.*\\\n)*.*)", section, re.MULTILINE)
    assert commands

    before = run_suite(environment, project)["passed"]
    for command in commands:
        for file in command.replace("\\\n", " ").split():
            (project / file).unlink()
        after = run_suite(environment, project)["passed"]
        assert after <= before
        before = after

    named = re.compile(r"\b(users?|chat)\b", re.IGNORECASE)
    source = [path.stem for path in (project / "src" / "demo").glob("*.py")]
    assert not [name for name in source if named.search(name.replace("_", " "))]
    for tool in (("ruff", "check"), ("mypy", "--cache-dir", f"{tmp_path}/mypy")):
        checked = environment.run(project, *tool)
        assert checked.returncode == 0, checked.stdout
