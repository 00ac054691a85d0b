"""The projects in examples/ are what the template makes, and disturb nothing."""

import runpy
from pathlib import Path

import pytest
from helpers.command_line import User, generated_files
from helpers.projects import TEMPLATE, text_files

FOLDER = TEMPLATE / "examples"


@pytest.mark.thorough  # so that a change of the template can be tried before they are renewed
def test_examples_are_up_to_date(tmp_path: Path) -> None:
    how = "run: uv run --group test python docs/make_examples.py"
    made = runpy.run_path(str(TEMPLATE / "docs" / "make_examples.py"))["make_examples"](tmp_path)
    names = [project.name for project in made]
    assert sorted(path.name for path in FOLDER.glob("*/") if path.name[0] not in "._") == names, how
    for project in made:
        kept = generated_files(FOLDER / project.name)
        new = generated_files(project)
        assert [file for file in sorted({*kept, *new}) if kept.get(file) != new.get(file)] == [], (
            how
        )


def test_readme_names_every_example() -> None:
    readme = text_files(FOLDER)["README.md"]
    for project in FOLDER.glob("*/pyproject.toml"):
        assert f"| [{project.parent.name}]({project.parent.name}) |" in readme


def test_template_with_examples_is_found_and_tells_cruft_no_difference(user: User) -> None:
    template = user.work / "template"
    user.run("git", "clone", "--quiet", TEMPLATE, template).check_returncode()
    assert (template / "examples" / "my-async-project" / "pyproject.toml").is_file()
    extra = ("--no-input", "--extra-context", '{"run_suite": "no"}')
    created = user.cruft("create", template, *extra)
    assert created.returncode == 0, created.stderr
    project = user.work / "my-async-project"
    assert not (project / "examples").exists()
    differs = user.cruft("diff", "--exit-code", cwd=project)
    assert differs.returncode == 0, differs.stdout
