"""A project stays up to date with the template, and moves to other answers."""

import json
from pathlib import Path

import pytest
from cli import Person, copy_of_template, generated_files, suite_of

SLUG = "my-async-project"


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


@pytest.fixture
def template(person: Person, tmp_path: Path) -> Path:
    folder = copy_of_template(tmp_path / "template")
    person.commit(folder)
    return folder


@pytest.fixture
def project(person: Person, template: Path) -> Path:
    """Return a project whose suite has never run, committed."""
    result = person.cruft("create", "--no-input", template, ASYNC_PYTEST_TEMPLATE_RUN_SUITE="no")
    assert result.returncode == 0, result.stderr
    person.commit(person.work / SLUG)
    return person.work / SLUG


def assert_quiet(project: Path, printed: str) -> None:
    """Assert that no hook has made an environment, or said so."""
    assert "environment" not in printed
    assert "pytest" not in printed
    assert not (project / ".venv").exists()


def test_diff_is_empty_after_suite_has_run(person: Person, template: Path) -> None:
    # Below the temporary folder, as near to what cruft makes for itself as a person may come.
    folder = person.temporary / "mine"
    result = person.cruft("create", "--no-input", "--output-dir", folder, template)
    assert result.returncode == 0, result.stderr
    assert "GREEN: " in result.stdout
    person.commit(folder / SLUG)
    diff = person.cruft("diff", "--exit-code", cwd=folder / SLUG)
    assert (diff.returncode, diff.stdout, diff.stderr) == (0, "", "")


def test_update_brings_change_and_keeps_own(person: Person, template: Path, project: Path) -> None:
    assert person.cruft("check", cwd=project).returncode == 0
    (suite_of(template) / "test_new.py").write_text("# From the template.\n", encoding="utf-8")
    with (template / "{{cookiecutter.__folder}}" / ".gitignore").open("a") as ignored:
        ignored.write("from-the-template\n")
    person.commit(template)
    own = (project / ".gitignore").read_text(encoding="utf-8")
    (project / ".gitignore").write_text(f"my-own\n{own}", encoding="utf-8")
    person.commit(project)
    assert person.cruft("check", cwd=project).returncode == 1

    update = person.cruft("update", "--skip-apply-ask", cwd=project)
    assert update.returncode == 0, update.stderr
    assert_quiet(project, update.stdout + update.stderr)
    assert (project / "tests" / "test_new.py").is_file()
    ignored_now = (project / ".gitignore").read_text(encoding="utf-8")
    assert ignored_now == f"my-own\n{own}from-the-template\n"
    assert not [*project.rglob("*.rej")]
    assert person.cruft("check", cwd=project).returncode == 0


@pytest.mark.parametrize(
    "answers",
    [
        {
            "database": "postgresql",
            "http_client": "aiohttp",
            "asyncio_mode": "strict",
            "fixture_loop_scope": "session",
        },
        {"database": "none", "http_client": "none"},
    ],
    ids=lambda answers: "-".join(answers.values()),
)
def test_project_moved_to_other_answers_equals_new_one(
    person: Person, template: Path, project: Path, answers: dict[str, str]
) -> None:
    update = person.cruft(
        "update", "--skip-apply-ask", "--variables-to-update", json.dumps(answers), cwd=project
    )
    assert update.returncode == 0, update.stderr
    assert_quiet(project, update.stdout + update.stderr)
    given = [f"{prompt}={answer}" for prompt, answer in answers.items()]
    new = person.cookiecutter(*given, "run_suite=no", "--output-dir", "new", template=template)
    assert new.returncode == 0, new.stderr
    assert generated_files(project) == generated_files(person.work / "new" / SLUG)
