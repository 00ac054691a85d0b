"""cruft: a project is updated with the template, and moved to other answers."""

import inspect
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from runpy import run_path

import pexpect
import pytest
import yaml
from helpers.command_line import User, copy_of_template, generated_files, suite_of
from helpers.package_index import Index
from helpers.projects import CHOICES, QUESTIONS, TEMPLATE, steps_of_removal
from helpers.suites import Environment, failures_of, run_suite

SLUG = "my-async-project"
CODE = Path("src", "my_async_project", "concurrency.py")


@pytest.fixture
def template(user: User, tmp_path: Path) -> Path:
    folder = copy_of_template(tmp_path / "template")
    user.commit(folder)
    return folder


@pytest.fixture
def project(user: User, template: Path) -> Path:
    """Return a project whose suite has never run, committed."""
    result = user.cruft("create", "--no-input", template, ASYNC_PYTEST_TEMPLATE_RUN_SUITE="no")
    assert result.returncode == 0, result.stderr
    user.commit(user.work / SLUG)
    return user.work / SLUG


def assert_quiet(project: Path, printed: str) -> None:
    """Assert that no hook has made an environment, or printed about one."""
    assert "environment" not in printed
    assert "pytest" not in printed
    assert not (project / ".venv").exists()


def assert_at_rest(user: User, project: Path) -> None:
    """Assert that a project is what its template gives, and that nothing has run."""
    assert not [*project.rglob("*.rej")]
    diff = user.cruft("diff", "--exit-code", cwd=project)
    assert (diff.returncode, diff.stdout, diff.stderr) == (0, "", "")
    assert not (project / ".venv").exists()


def update(user: User, project: Path, *arguments: str) -> None:
    """Update a project, with a commit before and after."""
    user.commit(project)
    updated = user.cruft("update", "--skip-apply-ask", *arguments, cwd=project)
    assert updated.returncode == 0, updated.stderr
    assert_quiet(project, updated.stdout + updated.stderr)
    user.commit(project)


def improve(user: User, template: Path) -> None:
    """Change the first line of a file of a template."""
    code = template / "templates/example/src/concurrency.py"
    code.write_text("# Improved.\n" + code.read_text(encoding="utf-8"), encoding="utf-8")
    user.commit(template)


def test_diff_is_empty_after_suite_has_run(user: User, template: Path) -> None:
    # Below the temporary folder, as close to cruft's own scratch project as a user can get.
    folder = user.temporary / "mine"
    result = user.cruft("create", "--no-input", "--output-dir", folder, template)
    assert result.returncode == 0, result.stderr
    assert "GREEN: " in result.stdout
    user.commit(folder / SLUG)
    diff = user.cruft("diff", "--exit-code", cwd=folder / SLUG)
    assert (diff.returncode, diff.stdout, diff.stderr) == (0, "", "")


def test_update_merges_into_a_file_with_own_code(user: User, template: Path, project: Path) -> None:
    assert_at_rest(user, project)
    (suite_of(template) / "test_new.py").write_text("# From the template.\n", encoding="utf-8")
    improve(user, template)
    before = (project / CODE).read_text(encoding="utf-8")
    own = "\n\ndef mine() -> int:\n    return 1\n"
    (project / CODE).write_text(before + own, encoding="utf-8")
    assert user.cruft("check", cwd=project).returncode == 1

    update(user, project)
    assert (project / "tests" / "test_new.py").is_file()
    assert (project / CODE).read_text(encoding="utf-8") == f"# Improved.\n{before}{own}"
    assert not [*project.rglob("*.rej")]
    assert user.cruft("check", cwd=project).returncode == 0
    diff = user.cruft("diff", cwd=project)
    changed = [
        line for line in diff.stdout.splitlines() if line[0] in "+-" and line[1:2] != line[0]
    ]
    assert "".join(f"{line[1:]}\n" for line in changed) == own


def test_deleted_file_stays_deleted(user: User, template: Path, project: Path) -> None:
    (project / CODE).unlink()
    assert_at_rest(user, project)
    improve(user, template)
    update(user, project)
    assert not (project / CODE).exists()
    assert_at_rest(user, project)


def add_fixture_to_example(user: User, template: Path) -> None:
    """Let the example of a template grow by a module that needs another one of the example."""
    name = "{% if cookiecutter.example %}more.py{% endif %}"
    text = "from {{ cookiecutter.package_name }}.api import UserApi as UserApi\n"
    (suite_of(template) / "fixtures" / name).write_text(text, encoding="utf-8")
    user.commit(template)


@pytest.mark.thorough
def test_removed_example_does_not_come_back(user: User, template: Path, project: Path) -> None:
    files = [file for step in steps_of_removal(project) for file in step]
    user.run("git", "rm", "--quiet", *files, cwd=project).check_returncode()
    update(user, project, "--variables-to-update", '{"example": "no"}')
    assert_at_rest(user, project)

    add_fixture_to_example(user, template)
    update(user, project)

    assert_at_rest(user, project)


def test_part_of_the_example_can_be_kept(user: User, template: Path, project: Path) -> None:
    for file in ("src/my_async_project/importer.py", "src/my_async_project/api.py"):
        (project / file).unlink()
    state = json.loads((project / ".cruft.json").read_text(encoding="utf-8"))
    assert state["context"]["cookiecutter"]["example"] is True
    state["context"]["cookiecutter"]["example"] = False
    (project / ".cruft.json").write_text(json.dumps(state, indent=2), encoding="utf-8")
    own = {name: text for name, text in generated_files(project).items() if "store" in name}

    add_fixture_to_example(user, template)
    update(user, project)

    assert not (project / "tests" / "fixtures" / "more.py").exists()
    files = generated_files(project)
    assert own == {name: text for name, text in files.items() if "store" in name}


def test_both_changed_the_same_line(user: User, template: Path, project: Path) -> None:
    lines = (project / CODE).read_text(encoding="utf-8").split("\n")
    (project / CODE).write_text("\n".join(["# Mine.", *lines]), encoding="utf-8")
    improve(user, template)
    update(user, project)
    merged = (project / CODE).read_text(encoding="utf-8")
    assert merged.startswith("<<<<<<< ours\n# Mine.\n=======\n# Improved.\n>>>>>>> theirs\n")
    assert not [*project.rglob("*.rej")]


@pytest.mark.thorough
def test_tags_are_followed(user: User, template: Path) -> None:
    def tag(name: str) -> None:
        user.run("git", "tag", name, cwd=template).check_returncode()

    tag("v1")
    improve(user, template)
    tag("v2")
    improve(user, template)
    create = ("create", "--no-input", "--checkout", "v1", template)
    created = user.cruft(*create, ASYNC_PYTEST_TEMPLATE_RUN_SUITE="no")
    assert created.returncode == 0, created.stderr
    project = user.work / SLUG
    assert "# Improved." not in (project / CODE).read_text(encoding="utf-8")
    update(user, project, "--checkout", "v2")
    assert (project / CODE).read_text(encoding="utf-8").count("# Improved.") == 1
    assert_at_rest(user, project)
    assert user.cruft("check", "--checkout", "v2", cwd=project).returncode == 0
    assert user.cruft("check", cwd=project).returncode == 1


@pytest.mark.thorough
def test_project_made_with_cookiecutter_can_be_linked(user: User, template: Path) -> None:
    answers = {"project_name": "It's mine", "database": "none", "http_client": "none"}
    given = [f"{prompt}={answer}" for prompt, answer in answers.items()]
    result = user.cookiecutter(*given, "run_suite=no", template=template)
    assert result.returncode == 0, result.stderr
    project = user.work / "it-s-mine"
    link = ("link", "--no-input", "--extra-context", json.dumps(answers), template)
    linked = user.cruft(*link, cwd=project)
    assert linked.returncode == 0, linked.stderr
    assert_at_rest(user, project)
    improve(user, template)
    update(user, project)
    assert_at_rest(user, project)


def test_windows_line_endings_are_ignored(user: User, project: Path) -> None:
    user.run("git", "config", "--global", "core.autocrlf", "true").check_returncode()
    clone = user.work / "clone"
    user.run("git", "clone", "--quiet", str(project), str(clone)).check_returncode()
    assert_at_rest(user, clone)


def test_template_with_windows_line_endings_renders_the_same(user: User, template: Path) -> None:
    for path in template.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    for source in (template, TEMPLATE):
        command = ("run_suite=no", "--output-dir", source.name)
        assert user.cookiecutter(*command, template=source).returncode == 0
    files, expected = (
        generated_files(user.work / source.name / SLUG) for source in (template, TEMPLATE)
    )
    assert files == expected
    assert b"\r" not in b"".join(files.values())


def test_workflow_checks_for_updates(user: User, template: Path, project: Path) -> None:
    workflow = project / ".github" / "workflows" / "template.yml"
    (step,) = (
        step
        for step in yaml.safe_load(workflow.read_text())["jobs"]["check"]["steps"]
        if "run" in step
    )
    assert step["if"] == "hashFiles('.cruft.json') != ''"
    uvx, requirement, *arguments = step["run"].split()
    assert (uvx, requirement) == ("uvx", '"cruft>=2.16"')
    assert user.cruft(*arguments, cwd=project).returncode == 0
    improve(user, template)
    assert user.cruft(*arguments, cwd=project).returncode == 1


@pytest.mark.skipif(sys.platform == "win32", reason="pexpect needs a POSIX terminal")
def test_template_typed_at_a_prompt_of_cruft_is_refused(user: User, template: Path) -> None:
    # cruft renders what it has stored: the next `cruft diff` would run into it.
    prompts = pexpect.spawn(
        sys.executable,
        ["-m", "cruft", "create", str(template)],
        cwd=user.work,
        env=user.environment,
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
    assert not [*user.work.iterdir()]


@pytest.mark.skipif(sys.platform == "win32", reason="pexpect needs a POSIX terminal")
@pytest.mark.parametrize(
    "what", ["installation", pytest.param("suite", marks=pytest.mark.thorough)]
)
def test_interrupted_project_can_be_updated(
    user: User, template: Path, tmp_path: Path, what: str
) -> None:
    waits = (
        "import time\n\n\ndef test_waits() -> None:\n"
        "    with open('/dev/tty', 'w') as terminal:\n"
        "        print('WAITING', file=terminal, flush=True)\n"
        "    time.sleep(25)\n"
    )
    (suite_of(template) / "test_waits.py").write_text(waits, encoding="utf-8")
    user.commit(template)
    answers = json.dumps({"database": "none", "http_client": "none"})
    create = ("create", "--no-input", "--extra-context", answers, template)
    with Index(breaks_at="pytest", waits=True) as index:
        environment = index.environment(tmp_path / "cache") if what == "installation" else {}
        shell, screen = user.in_terminal(sys.executable, "-m", "cruft", *create, **environment)
        if what == "installation":
            assert index.reached.wait(60)
        else:
            shell.expect("WAITING")
        shell.sendintr()
        shell.expect("NOT VERIFIED: generation was interrupted")
        shell.expect("uv run pytest")
        shell.sendeof()
        shell.expect(pexpect.EOF)
        shell.close()
    assert "Traceback" not in screen.getvalue()
    project = user.work / SLUG
    user.commit(project)
    diff = user.cruft("diff", "--exit-code", cwd=project)
    assert (diff.returncode, diff.stdout, diff.stderr) == (0, "", "")
    assert user.cruft("check", cwd=project).returncode == 0


def test_both_hooks_are_interrupted_in_the_same_way() -> None:
    hooks = (run_path(str(TEMPLATE / part / "hooks/post_gen_project.py")) for part in ("", "adopt"))
    first, second = (inspect.getsource(hook["run_in_foreground"]) for hook in hooks)
    assert first == second


@pytest.mark.covering(0)
@pytest.mark.parametrize(
    "answers",
    [
        {
            "database": "postgresql",
            "http_client": "aiohttp",
            "asyncio_mode": "strict",
            "fixture_loop_scope": "session",
        },
        {"example": "no"},
        pytest.param({"database": "none", "http_client": "none"}, marks=pytest.mark.thorough),
        pytest.param(
            {"web_framework": "fastapi", "redis": "yes", "event_loop": "both", "anyio": "yes"},
            marks=pytest.mark.thorough,
        ),
    ],
    ids=lambda answers: "-".join(answers.values()),
)
def test_project_moved_to_other_answers_equals_new_one(
    user: User, template: Path, project: Path, answers: dict[str, str]
) -> None:
    back = {prompt: CHOICES[prompt][0] for prompt in answers}
    for name, moved_to in (("there", answers), ("back", back)):
        update(user, project, "--variables-to-update", json.dumps(moved_to))
        assert_at_rest(user, project)
        given = [f"{prompt}={answer}" for prompt, answer in moved_to.items()]
        new = user.cookiecutter(*given, "run_suite=no", "--output-dir", name, template=template)
        assert new.returncode == 0, new.stderr
        assert generated_files(project) == generated_files(user.work / name / SLUG)


ORDER_STORE = '''"""Orders in the database."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from .database import Base


class OrderRow(Base):
    """A row of the table of orders."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
'''
CREATE_SCHEMA = """
import asyncio, sys
from my_async_project.database import create_schema
import my_async_project.order_store, my_async_project.store
asyncio.run(create_schema(sys.argv[1]))
"""


@pytest.mark.thorough
def test_project_with_own_tables_and_data_is_moved_to_migrations(
    user: User, template: Path, environment: Environment, tmp_path: Path
) -> None:
    answers = json.dumps({"data_access": "sqlalchemy", "http_client": "none"})
    created = user.cruft(
        "create",
        "--no-input",
        *("--extra-context", answers, template),
        ASYNC_PYTEST_TEMPLATE_RUN_SUITE="no",
    )
    assert created.returncode == 0, created.stderr
    project = user.work / SLUG
    package = project / "src" / "my_async_project"
    (package / "order_store.py").write_text(ORDER_STORE, encoding="utf-8")
    store = (package / "store.py").read_text(encoding="utf-8")
    column = "    email: Mapped[str] = mapped_column(String(200), unique=True)\n"
    own = store.replace(column, column + "    age: Mapped[int | None]\n")
    assert own != store
    (package / "store.py").write_text(own, encoding="utf-8")

    def make_schema(file: Path) -> None:
        command = [str(environment.python), "-c", CREATE_SCHEMA, file.as_uri()]
        subprocess.run(command, cwd=project, env=environment.variables(), check=True)

    def alembic(file: Path, *arguments: str) -> None:
        done = environment.run(project, "alembic", *arguments, DATABASE_URL=file.as_uri())
        assert done.returncode == 0, done.stdout

    old, new = tmp_path / "old.sqlite", tmp_path / "new.sqlite"
    make_schema(old)
    with closing(sqlite3.connect(old)) as database, database:
        database.execute("INSERT INTO users VALUES (1, 'Ada', 'ada@example.com', 36)")
    run_suite(environment, project)

    update(user, project, "--variables-to-update", '{"migrations": "alembic"}')

    assert not [*project.rglob("*.rej")]
    assert (package / "store.py").read_text(encoding="utf-8") == own
    failures = failures_of(environment, project, "tests/test_migrations.py")
    assert any("orders" in text for texts in failures.values() for text in texts)
    alembic(new, "upgrade", "head")
    alembic(new, "revision", "--autogenerate", "-m", "Add orders and ages")
    assert run_suite(environment, project)["passed"]
    # A new database gets the tables, and an old one keeps its rows.
    make_schema(new)
    alembic(old, "stamp", "head")
    make_schema(old)
    for file, users in ((new, []), (old, [(1, "Ada", 36)])):
        with closing(sqlite3.connect(file)) as database:
            assert database.execute("SELECT id, name, age FROM users").fetchall() == users
            assert database.execute("SELECT user_id FROM orders").fetchall() == []
