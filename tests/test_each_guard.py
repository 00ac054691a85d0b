"""Each guard alone, and none: suites pass, so a failure names the guard that a new version breaks."""

import ast
from pathlib import Path

import pytest
from helpers.projects import FULL, TEMPLATE, Answers, render
from helpers.suites import Environment, run_suite

PLUGIN = TEMPLATE / "{{cookiecutter.project_slug}}/tests/guards/__init__.py"
GUARDS: list[str] = next(
    [*ast.literal_eval(statement.value)]
    for statement in ast.parse(PLUGIN.read_text(encoding="utf-8")).body
    if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "GUARDS"
)


@pytest.mark.parametrize(
    "answers", [{}, pytest.param(FULL, marks=pytest.mark.thorough)], ids=["default", "full"]
)
@pytest.mark.parametrize("guard", ["none", *GUARDS])
def test_suite_passes_with_one_guard(
    tmp_path: Path, environment: Environment, answers: Answers, guard: str
) -> None:
    project = render(tmp_path, answers)
    alone = [] if guard == "none" else [f"--guard-{guard.replace('_', '-')}=error"]
    run_suite(environment, project, "-p", "no:randomly", "--guards=off", *alone)
