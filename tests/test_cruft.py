"""A project stays up to date with the template, and moves to other answers."""

import json
import sys
from pathlib import Path

import pexpect
import pytest
import yaml
from cli import Person, copy_of_template, generated_files, suite_of
from generated import CHOICES, QUESTIONS, TEMPLATE

SLUG = "my-async-project"
CODE = Path("src", "my_async_project", "concurrency.py")


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


def assert_at_rest(person: Person, project: Path) -> None:
    """Assert that a project is what its template gives, and that nothing has run."""
    assert not [*project.rglob("*.rej")]
    diff = person.cruft("diff", "--exit-code", cwd=project)
    assert (diff.returncode, diff.stdout, diff.stderr) == (0, "", "")
    assert not (project / ".venv").exists()


def update(person: Person, project: Path, *arguments: str) -> None:
    """Update a project, as somebody who commits before and after."""
    person.commit(project)
    updated = person.cruft("update", "--skip-apply-ask", *arguments, cwd=project)
    assert updated.returncode == 0, updated.stderr
    assert_quiet(project, updated.stdout + updated.stderr)
    person.commit(project)


def improve(person: Person, template: Path) -> None:
    """Change the first line of a file of a template."""
    code = template / "{{cookiecutter.project_slug}}/src/{{cookiecutter.package_name}}/concurrency.py"
    code.write_text("# Improved.\n" + code.read_text(encoding="utf-8"), encoding="utf-8")
    person.commit(template)


def test_diff_is_empty_after_suite_has_run(person: Person, template: Path) -> None:
    # Below the temporary folder, as near to what cruft makes for itself as a person may come.
    folder = person.temporary / "mine"
    result = person.cruft("create", "--no-input", "--output-dir", folder, template)
    assert result.returncode == 0, result.stderr
    assert "GREEN: " in result.stdout
    person.commit(folder / SLUG)
    diff = person.cruft("diff", "--exit-code", cwd=folder / SLUG)
    assert (diff.returncode, diff.stdout, diff.stderr) == (0, "", "")


def test_update_merges_into_a_file_with_own_code(
    person: Person, template: Path, project: Path
) -> None:
    assert_at_rest(person, project)
    (suite_of(template) / "test_new.py").write_text("# From the template.\n", encoding="utf-8")
    improve(person, template)
    before = (project / CODE).read_text(encoding="utf-8")
    own = "\n\ndef mine() -> int:\n    return 1\n"
    (project / CODE).write_text(before + own, encoding="utf-8")
    assert person.cruft("check", cwd=project).returncode == 1

    update(person, project)
    assert (project / "tests" / "test_new.py").is_file()
    assert (project / CODE).read_text(encoding="utf-8") == f"# Improved.\n{before}{own}"
    assert not [*project.rglob("*.rej")]
    assert person.cruft("check", cwd=project).returncode == 0
    diff = person.cruft("diff", cwd=project)
    changed = [
        line for line in diff.stdout.splitlines() if line[0] in "+-" and line[1:2] != line[0]
    ]
    assert "".join(f"{line[1:]}\n" for line in changed) == own


def test_deleted_file_stays_deleted(person: Person, template: Path, project: Path) -> None:
    (project / CODE).unlink()
    assert_at_rest(person, project)
    improve(person, template)
    update(person, project)
    assert not (project / CODE).exists()
    assert_at_rest(person, project)


def test_both_changed_the_same_line(person: Person, template: Path, project: Path) -> None:
    lines = (project / CODE).read_text(encoding="utf-8").split("\n")
    (project / CODE).write_text("\n".join(["# Mine.", *lines]), encoding="utf-8")
    improve(person, template)
    update(person, project)
    merged = (project / CODE).read_text(encoding="utf-8")
    assert merged.startswith("<<<<<<< ours\n# Mine.\n=======\n# Improved.\n>>>>>>> theirs\n")
    assert not [*project.rglob("*.rej")]


def test_tags_are_followed(person: Person, template: Path) -> None:
    def tag(name: str) -> None:
        person.run("git", "tag", name, cwd=template).check_returncode()

    tag("v1")
    improve(person, template)
    tag("v2")
    improve(person, template)
    create = ("create", "--no-input", "--checkout", "v1", template)
    created = person.cruft(*create, ASYNC_PYTEST_TEMPLATE_RUN_SUITE="no")
    assert created.returncode == 0, created.stderr
    project = person.work / SLUG
    assert "# Improved." not in (project / CODE).read_text(encoding="utf-8")
    update(person, project, "--checkout", "v2")
    assert (project / CODE).read_text(encoding="utf-8").count("# Improved.") == 1
    assert_at_rest(person, project)
    assert person.cruft("check", "--checkout", "v2", cwd=project).returncode == 0
    assert person.cruft("check", cwd=project).returncode == 1


def test_project_of_cookiecutter_is_linked(person: Person, template: Path) -> None:
    answers = {"project_name": "It's mine", "database": "none", "http_client": "none"}
    given = [f"{prompt}={answer}" for prompt, answer in answers.items()]
    result = person.cookiecutter(*given, "run_suite=no", template=template)
    assert result.returncode == 0, result.stderr
    project = person.work / "it-s-mine"
    link = ("link", "--no-input", "--extra-context", json.dumps(answers), template)
    linked = person.cruft(*link, cwd=project)
    assert linked.returncode == 0, linked.stderr
    assert_at_rest(person, project)
    improve(person, template)
    update(person, project)
    assert_at_rest(person, project)


def test_line_ends_of_windows_are_no_difference(person: Person, project: Path) -> None:
    person.run("git", "config", "--global", "core.autocrlf", "true").check_returncode()
    clone = person.work / "clone"
    person.run("git", "clone", "--quiet", str(project), str(clone)).check_returncode()
    assert_at_rest(person, clone)


def test_template_checked_out_on_windows_gives_the_same(person: Person, template: Path) -> None:
    for path in template.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    for source in (template, TEMPLATE):
        command = ("run_suite=no", "--output-dir", source.name)
        assert person.cookiecutter(*command, template=source).returncode == 0
    files, expected = (
        generated_files(person.work / source.name / SLUG) for source in (template, TEMPLATE)
    )
    assert files == expected
    assert b"\r" not in b"".join(files.values())


def test_workflow_checks_for_updates(person: Person, template: Path, project: Path) -> None:
    workflow = project / ".github" / "workflows" / "template.yml"
    (step,) = (
        step
        for step in yaml.safe_load(workflow.read_text())["jobs"]["check"]["steps"]
        if "run" in step
    )
    assert step["if"] == "hashFiles('.cruft.json') != ''"
    uvx, requirement, *arguments = step["run"].split()
    assert (uvx, requirement) == ("uvx", '"cruft>=2.16"')
    assert person.cruft(*arguments, cwd=project).returncode == 0
    improve(person, template)
    assert person.cruft(*arguments, cwd=project).returncode == 1


@pytest.mark.skipif(sys.platform == "win32", reason="pexpect needs a POSIX terminal")
def test_template_typed_at_a_prompt_of_cruft_is_refused(person: Person, template: Path) -> None:
    # cruft renders what it has stored: the next `cruft diff` would run into it.
    prompts = pexpect.spawn(
        sys.executable,
        ["-m", "cruft", "create", str(template)],
        cwd=person.work,
        env=person.environment,
        encoding="utf-8",
        dimensions=(50, 200),
        timeout=60,
    )
    for number, question in enumerate(QUESTIONS, start=1):
        prompts.expect_exact(f"[{number}/{len(QUESTIONS)}]")
        prompts.sendline("{{ 7*7 }}" if question == "description" else "")
    prompts.expect_exact("  description: '{{ 7*7 }}' contains {{, which later makes it a template")
    prompts.expect(pexpect.EOF)
    prompts.close()
    assert prompts.exitstatus == 1
    assert not [*person.work.iterdir()]


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
        {"web_framework": "fastapi", "redis": "yes", "event_loop": "both", "anyio": "yes"},
    ],
    ids=lambda answers: "-".join(answers.values()),
)
def test_project_moved_to_other_answers_equals_new_one(
    person: Person, template: Path, project: Path, answers: dict[str, str]
) -> None:
    back = {prompt: CHOICES[prompt][0] for prompt in answers}
    for name, moved_to in (("there", answers), ("back", back)):
        update(person, project, "--variables-to-update", json.dumps(moved_to))
        assert_at_rest(person, project)
        given = [f"{prompt}={answer}" for prompt, answer in moved_to.items()]
        new = person.cookiecutter(*given, "run_suite=no", "--output-dir", name, template=template)
        assert new.returncode == 0, new.stderr
        assert generated_files(project) == generated_files(person.work / name / SLUG)
