"""The recipes of a project's tests/README.md are whole modules: each runs as it stands."""

import re
from pathlib import Path

import pytest
from helpers.projects import FULL, Answers, render
from helpers.suites import Environment, failures_of, skip_without_server

RECIPE = re.compile(r"```python\n((?:import|from) .*?)```", re.DOTALL)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "answers",
    [{}, FULL | {"database": "sqlite", "event_loop": "asyncio"}],
    ids=["default", "full"],
)
def test_recipes_run(tmp_path: Path, environment: Environment, answers: Answers) -> None:
    skip_without_server(answers.get("database", "sqlite"))
    project = render(tmp_path, answers)
    manual = (project / "tests" / "README.md").read_text(encoding="utf-8")
    paths = []
    for number, recipe in enumerate(RECIPE.findall(manual)):
        paths.append(f"tests/test_recipe_{number}.py")
        (project / paths[-1]).write_text(recipe, encoding="utf-8")
    assert len(paths) >= 4

    outcomes = failures_of(environment, project, *paths)

    failed = {test for test, texts in outcomes.items() if texts}
    assert failed == {"test_last_ticket_is_sold_once"}  # as the text around it says
    for tool in (("ruff", "check"), ("ruff", "format", "--check")):
        checked = environment.run(project, *tool, *paths)
        assert checked.returncode == 0, checked.stdout
    checked = environment.run(project, "mypy", "--cache-dir", f"{tmp_path}/mypy")
    assert checked.returncode == 0, checked.stdout
