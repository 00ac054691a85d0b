"""Projects of older templates, and older versions of cruft."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import yaml
from helpers.command_line import PARTS, SLUG, User, copy_of_template, names_in
from helpers.projects import COOKIECUTTER_JSON, TEMPLATE

(EXTENSION,) = TEMPLATE.glob("async_pytest_template_*.py")
OLDER_CRUFT = "cruft==2.15.0"  # stores no `_commit` among the answers


def test_extension_is_named_by_its_content() -> None:
    content = EXTENSION.read_bytes().replace(b"\r\n", b"\n")
    name = f"async_pytest_template_{hashlib.sha256(content).hexdigest()[:8]}"
    assert EXTENSION.stem == name, (
        f"git mv {EXTENSION.name} {name}.py; name it in cookiecutter.json"
    )
    assert COOKIECUTTER_JSON["_extensions"] == [f"{name}.Answers"]


def test_module_of_the_usual_name_on_the_path_is_no_matter(user: User, tmp_path: Path) -> None:
    (tmp_path / "local_extensions.py").write_text("raise SystemExit('another')\n", encoding="utf-8")
    result = user.cookiecutter("run_suite=no", PYTHONPATH=str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert (user.work / SLUG / "pyproject.toml").is_file()


def rename_extension(template: Path, name: str) -> None:
    """Give the extension of a template another name, and another content."""
    file = template / EXTENSION.name
    text = file.read_text(encoding="utf-8").replace("class Answers(", "class Older(")
    file.unlink()
    (template / f"{name}.py").write_text(text, encoding="utf-8")
    settings = template / "cookiecutter.json"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace(f"{EXTENSION.stem}.Answers", f"{name}.Older"), encoding="utf-8"
    )


@pytest.mark.parametrize("cruft", ["cruft", OLDER_CRUFT])
def test_project_of_an_older_template_is_updated(
    user: User, template: Path, tmp_path: Path, cruft: str
) -> None:
    command = ["uv", "tool", "run", "--with", "cookiecutter>=2.7", "--from", cruft, "cruft"]
    rename_extension(template, "local_extensions")
    user.commit(template)
    create = ("create", "--no-input", "--extra-context", '{"redis": "yes"}', str(template))
    created = user.run(*command, *create, ASYNC_PYTEST_TEMPLATE_RUN_SUITE="no")
    assert created.returncode == 0, created.stdout + created.stderr
    project = user.work / SLUG
    state = json.loads((project / ".cruft.json").read_text(encoding="utf-8"))
    state["context"]["cookiecutter"] |= {"redis": "yes", "anyio": "no", "run_suite": "yes"}
    (project / ".cruft.json").write_text(json.dumps(state), encoding="utf-8")
    user.commit(project)
    (template / "local_extensions.py").unlink()
    for part in PARTS[:2]:
        shutil.copy(TEMPLATE / part, template / part)
    user.commit(template)
    updated = user.run(*command, "update", "--skip-apply-ask", cwd=project)
    assert updated.returncode == 0, updated.stdout + updated.stderr
    assert "environment" not in updated.stdout
    assert names_in(project).isdisjoint({".venv", "uv.lock"})
    assert not [*project.rglob("*.rej")]
    answers = json.loads((project / ".cruft.json").read_text(encoding="utf-8"))
    stored = answers["context"]["cookiecutter"]
    assert {name: stored[name] for name in ("redis", "anyio", "run_suite")} == {
        "redis": True,
        "anyio": False,
        "run_suite": True,
    }
    package = names_in(project / "src" / "my_async_project")
    assert "cache.py" in package
    assert "streams.py" not in package
    assert not [*user.temporary.glob("async-pytest-template-*")]


@pytest.mark.thorough
def test_extension_may_gain_a_class(user: User, tmp_path: Path) -> None:
    template = copy_of_template(tmp_path / "template")
    rename_extension(template, "async_pytest_template_00000000")
    user.commit(template)
    create = ("create", "--no-input", str(template))
    created = user.cruft(*create, ASYNC_PYTEST_TEMPLATE_RUN_SUITE="no")
    assert created.returncode == 0, created.stderr
    project = user.work / SLUG
    user.commit(project)
    (template / "async_pytest_template_00000000.py").unlink()
    for part in PARTS[:2]:
        shutil.copy(TEMPLATE / part, template / part)
    user.commit(template)
    updated = user.cruft("update", "--skip-apply-ask", cwd=project)
    assert updated.returncode == 0, updated.stderr


# What is generated, once


def test_settings_of_coverage_are_not_ignored_by_git(user: User) -> None:
    assert user.cookiecutter("run_suite=no").returncode == 0
    project = user.work / SLUG
    user.commit(project)
    for name in (".coveragerc", ".coverage", ".coverage.host.1"):
        (project / name).touch()
    assert user.run("git", "status", "--short", cwd=project).stdout == "?? .coveragerc\n"


def test_workflow_runs_on_the_branches_that_people_use(user: User) -> None:
    assert user.cookiecutter("run_suite=no").returncode == 0
    text = (user.work / SLUG / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
    triggers = yaml.safe_load(text)[True]  # `on` is true to YAML
    assert triggers["push"] == {"branches": ["main", "master"]}
    assert triggers["pull_request"] is None
