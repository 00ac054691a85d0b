"""The template `adopt`: guards and their settings in projects that other people have made."""

import hashlib
import importlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pexpect
import pytest
from helpers.command_line import Result, User, cookiecutter_command, copy_of_template, suite_of
from helpers.projects import TEMPLATE, Answers, render
from helpers.suites import SCENARIOS, Environment, skip_without_server, waiting_suite
from uv import find_uv_bin

ADOPT = TEMPLATE / "adopt"
(TREE,) = ADOPT.glob("*cookiecutter*}}")
(EXTENSION,) = ADOPT.glob("async_pytest_adopt_*.py")

# The mistakes in each project: the test, and what the report says of it.
PLANTED = {
    "flat": {
        "test_starts": "task .* is pending, made at ticker.py:12 in start",
        "test_failure_does_not_stop_others": r"ValueError\('no such ticker'\), raised at ticker.py",
    },
    "src_layout": {
        "test_is_closed": "coroutine 'Courier.close' was never awaited, made at tests/test_cour",
        "test_limit": "uses fixture 'limit' .*which was made on the session loop",
    },
    "unittest_mixed": {
        "test_follow_two_changes": "task .* is pending, made at inventory/tests/test_follow.py",
        "test_add_twice": "coroutine 'Inventory.add' was never awaited, made at inventory/tests",
        "test_server": "Server is open, made at inventory/tests/test_inventory.py",
    },
    "web": {
        "test_count": "Connection is open, made at tests/test_orders.py",
        "test_many": "uses one Connection in two tasks at once",
        "test_unknown_shop": "tries to reach orders.invalid, at tests/test_orders.py",
    },
}
# What else the report says.
SHOWN = {
    "flat": [
        "tests/conftest.py:9\n      overrides event_loop",
        "no timeout\n",
        r"strict_markers\n      would stop the suite:\n      - Unknown pytest.mark.flaky_on_ci",
        r"strict_parametrization_ids\n      would stop the suite:\n      - tests/test_ticker.py::test_two_tickers",
    ],
    "src_layout": [
        "unequal loop scopes\n(.*\n)      function: asyncio_default_test_loop_scope",
        r"the next pytest\n      would stop the suite:\n      - Passing a non-Collection iterable to parametrize",
    ],
    "unittest_mixed": ["no timeout\n"],
    "web": ["strict_config, strict_xfail"],
}
TESTS = {"unittest_mixed": "inventory/tests"}
HANGS = "import asyncio\n\ndef test_hangs():\n    asyncio.run(asyncio.Event().wait())\n"
POSTGRESQL = {
    "database": "postgresql",
    "http_client": "httpx",
    "fixture_loop_scope": "session",
}
SCHEMA = "guards = error\ndatabase_schema = schema.sql"
WITHOUT_RUN = {"ASYNC_PYTEST_TEMPLATE_RUN_SUITE": "no", "VIRTUAL_ENV": ""}


@pytest.fixture
def template(user: User, tmp_path: Path) -> Path:
    folder = copy_of_template(tmp_path / "template")
    user.commit(folder)
    return folder


def project_of(user: User, name: str, environment: Environment | None = None) -> Path:
    """Copy a project that somebody else has made, with an environment, and commit it."""
    project = user.work / name
    shutil.copytree(SCENARIOS / "adopting" / name, project)
    user.commit(project)
    if environment:
        (project / ".venv").symlink_to(environment.folder)
        with (project / ".git" / "info" / "exclude").open("a") as file:
            file.write(".venv\n")
    return project


def adopt(user: User, template: Path, project: Path, *options: str, **variables: str) -> Result:
    """Run the one command, in the project."""
    tests = TESTS.get(project.name, "tests")
    command = ("create", "--no-input", template, "--directory", "adopt")
    options = options or ("--output-dir", tests)
    return user.cruft(*command, *options, cwd=project, **variables)


def answering(answers: Answers) -> tuple[str, str]:
    """Return what tells cruft the answers."""
    return "--extra-context", json.dumps(answers)


def adopt_with_cookiecutter(user: User, template: Path, project: Path, *answers: str) -> Result:
    command = (*cookiecutter_command(template), "--no-input", "--directory", "adopt")
    options = ("--output-dir", "tests", *answers)
    return user.run(*command, *options, cwd=project, **WITHOUT_RUN)


def git(user: User, project: Path, *arguments: str) -> str:
    done = user.run("git", *arguments, cwd=project)
    assert done.returncode == 0, done.stderr
    return done.stdout


def outcomes_of(user: User, project: Path, *options: str, **variables: str) -> dict[str, str]:
    """Run the suite as its owner does; return the worst outcome of each test."""
    report = user.work / "report.xml"
    binaries = project / ".venv" / "bin"
    # Without the working directory on the path, unless the project needs it there.
    pytest_of = (
        [binaries / "python", "-m", "pytest"] if project.name == "flat" else [binaries / "pytest"]
    )
    user.run(
        *pytest_of,
        *("-p", "no:randomly", "-p", "no:cacheprovider", f"--junitxml={report}", *options),
        cwd=project,
        PYTHONDONTWRITEBYTECODE="1",
        **variables,
    )
    outcomes: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        parts = [part.tag for part in case if part.tag in ("failure", "error", "skipped")]
        name = case.get("name", "")
        outcomes[name] = " ".join(filter(None, [outcomes.get(name, ""), *parts]))
    assert outcomes
    return outcomes


def check_adoption(
    user: User, template: Path, project: Path, *options: str, **variables: str
) -> str:
    """Adopt, apply the patch, make the findings errors, undo all of it; return the report."""
    tests = TESTS.get(project.name, "tests")
    before = outcomes_of(user, project, **variables)

    adopted = adopt(user, template, project, *options, **variables)

    assert adopted.returncode == 0, adopted.stderr
    printed = adopted.stdout
    assert git(user, project, "status", "--porcelain") == f"?? {tests}/guards/\n"
    assert "Every test has the same result." in printed
    found = printed.partition("What the guards found")[2].partition("What the code")[0]
    for test, pattern in PLANTED[project.name].items():
        assert re.search(rf"{test}\n(        .*\n)*        .*{pattern}", found), printed
    for pattern in SHOWN[project.name]:
        assert re.search(pattern, printed), printed

    if project.name == "flat":
        assert_documented(printed)

    git(user, project, "apply", f"{tests}/guards/adopt.patch")
    assert outcomes_of(user, project, **variables) == before
    failing = outcomes_of(user, project, "--guards=error", **variables)
    changed = {name for name, outcome in failing.items() if outcome != before[name]}
    assert changed == set(PLANTED[project.name])

    command = re.search(r"To undo all of it.*\n  (git .*)\n", printed)
    assert command, printed
    user.run("sh", "-c", command[1], cwd=project).check_returncode()
    assert git(user, project, "status", "--porcelain") == ""
    return printed


def assert_documented(report: str) -> None:
    """Assert that docs/adopt.md shows a report, apart from versions and the numbers of tasks."""
    text = (TEMPLATE / "docs" / "adopt.md").read_text(encoding="utf-8")
    shown = text.partition("<!-- a test compares this")[2].split("```")[1]
    variable = re.compile(r"Task-\d+|\n  Python 3.*|pytest-\w+ [\d.]+")
    assert variable.sub("", shown).strip() == variable.sub("", report).strip()


@pytest.mark.covering(0)
@pytest.mark.parametrize("name", ["flat", "src_layout", "unittest_mixed"])
def test_project_adopts_the_guards(
    user: User, template: Path, environment: Environment, name: str
) -> None:
    check_adoption(user, template, project_of(user, name, environment))


@pytest.fixture
def server_url(environment: Environment, tmp_path: Path) -> Iterator[str]:
    """A database of another project, whose server lives as long as one of its tests waits."""
    server = render(tmp_path / "server", {"database": "postgresql", "http_client": "none"})
    with waiting_suite(environment, server, "fresh_database_url", "[fresh_database_url]", 0):
        (file,) = server.glob("folder-*.txt")
        yield file.read_text()


@pytest.mark.thorough
def test_project_with_a_server_adopts_the_guards(
    user: User, template: Path, environment: Environment, server_url: str
) -> None:
    project = project_of(user, "web", environment)
    check_adoption(user, template, project, TEST_DATABASE_URL=server_url)


@pytest.mark.thorough
def test_project_with_a_server_adopts_fixtures(
    user: User, template: Path, environment: Environment, server_url: str
) -> None:
    project = project_of(user, "web", environment)
    options = ("--output-dir", "tests", *answering(POSTGRESQL))
    printed = check_adoption(user, template, project, *options, TEST_DATABASE_URL=server_url)
    collision = "the fixture connection is used instead of that of the guards"
    assert f"tests/conftest.py:23\n      {collision}" in printed
    assert "database_schema\n      is not set" in printed

    # Without a run it is not known, but read, that pytest imports in a way of its own.
    adopt(user, template, project, *options, **WITHOUT_RUN)
    git(user, project, "apply", "tests/guards/adopt.patch")
    shutil.copytree(SCENARIOS / "adopting" / "web_with_fixtures", project, dirs_exist_ok=True)
    settings = project / "tox.ini"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("guards = report", SCHEMA), encoding="utf-8")

    for workers in ("0", "2"):
        for variables in ({}, {"TEST_DATABASE_URL": server_url}):
            outcomes = outcomes_of(user, project, "-n", workers, **variables)
            assert (len(outcomes), {*outcomes.values()}) == (6, {""})


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("database", "access", "schema", "scope"),
    [
        ("postgresql", "driver", "schema.sql", "function"),
        ("postgresql", "sqlalchemy", "alembic.ini", "session"),
        ("postgresql", "sqlalchemy", "shop:metadata", "function"),
        ("mysql", "driver", "schema.sql", "session"),
        ("mysql", "sqlalchemy", "shop:create_tables", "function"),
        ("sqlite", "driver", "shop:create", "function"),
        ("sqlite", "sqlalchemy", "alembic.ini", "session"),
        ("sqlite", "sqlalchemy", "schema.sql", "function"),
    ],
)
def test_fixtures_need_nothing_of_the_project(
    user: User, environment: Environment, database: str, access: str, schema: str, scope: str
) -> None:
    skip_without_server(database)
    project = project_of(user, "fixtures", environment)
    settings = [
        "[pytest]",
        "pythonpath = .",
        "asyncio_mode = auto",
        f"asyncio_default_fixture_loop_scope = {scope}",
        f"asyncio_default_test_loop_scope = {scope}",
        "timeout = 60",
        f"database_schema = {schema}",
        "filterwarnings = error",
    ]
    (project / "pytest.ini").write_text("\n".join(settings), encoding="utf-8")
    answers = (
        *(f"database={database}", f"data_access={access}", f"fixture_loop_scope={scope}"),
        "http_client=httpx2",
    )
    made = adopt_with_cookiecutter(user, TEMPLATE, project, *answers)
    assert made.returncode == 0, made.stderr

    for workers in ("0", "2"):
        done = environment.run(project, "pytest", "-n", workers)

        assert re.search(r"^=* ?7 passed", done.stdout, re.MULTILINE), done.stdout


def test_guards_are_updated_and_nothing_else(user: User, template: Path) -> None:
    project = project_of(user, "flat")
    assert adopt(user, template, project, **WITHOUT_RUN).returncode == 0
    guards = project / "tests" / "guards"
    git(user, project, "apply", "tests/guards/adopt.patch")
    (guards / "adopt.patch").unlink()
    shutil.rmtree(guards / "adopt")
    user.commit(project)
    diff = user.cruft("diff", "--exit-code", "--project-dir", "tests/guards", cwd=project)
    assert (diff.returncode, diff.stdout) == (0, "")
    for file in (suite_of(template) / "guards" / "leaks.py", template / "adopt" / TREE.name):
        if file.is_dir():
            (file / "new.py").write_text("NEW = True\n", encoding="utf-8")
            file /= "adopt/report.py"
        file.write_text("# Improved.\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    user.commit(template)

    updated = user.cruft("update", "-y", "--project-dir", "tests/guards", cwd=project)

    assert updated.returncode == 0, updated.stderr
    assert "Your suite" not in updated.stdout
    assert (guards / "leaks.py").read_text(encoding="utf-8").startswith("# Improved.\n")
    changed = git(user, project, "status", "--porcelain", "-uall").splitlines()
    names = {line[3:].removeprefix("tests/guards/") for line in changed}
    assert names == {".cruft.json", "leaks.py", "new.py"}
    assert not [*project.rglob("*.rej")]


@pytest.mark.thorough
@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mysql"])
def test_fixtures_are_updated_and_what_the_owner_changed_stays(
    user: User, template: Path, database: str
) -> None:
    project = project_of(user, "src_layout")
    answers = answering({"database": database, "http_client": "httpx2"})
    adopted = adopt(user, template, project, "--output-dir", "tests", *answers, **WITHOUT_RUN)
    assert adopted.returncode == 0, adopted.stderr
    git(user, project, "apply", "tests/guards/adopt.patch")
    fixtures = project / "tests" / "guards" / "fixtures"
    own = [
        project / "tests" / "conftest.py",
        project / "pyproject.toml",
        fixtures / "api_server.py",
    ]
    for file in own:
        with file.open("a", encoding="utf-8") as opened:
            opened.write("# The owner's.\n")
    (fixtures / "README.md").unlink()
    (fixtures / "own.py").write_text("OWN = True\n", encoding="utf-8")
    user.commit(project)
    improved = {
        f"{database}/tests/fixtures/database_urls.py": "database_urls.py",
        f"{database}/tests/fixtures/connection.py": "connection.py",
        "http_client/tests/fixtures/api_server.py": "api_server.py",
        "httpx/tests/fixtures/http_client.py": "http_client.py",
    }
    for source in improved:
        prepend(template / "templates" / source)
    readme = "{% if cookiecutter.__fixtures == 'yes' %}README.md{% endif %}"
    prepend(template / "adopt" / TREE.name / "fixtures" / readme)
    prepend(template / "adopt" / "templates" / database / "database.py")
    user.commit(template)

    updated = user.cruft("update", "-y", "--project-dir", "tests/guards", cwd=project)

    assert updated.returncode == 0, updated.stderr
    assert not [*project.rglob("*.rej")]
    changed = git(user, project, "diff", "HEAD", "--name-only").split()
    assert {name.removeprefix("tests/guards/") for name in changed} == {
        *(".cruft.json", "database.py"),
        *(f"fixtures/{name}" for name in improved.values()),
    }
    for name in improved.values():
        assert (fixtures / name).read_text(encoding="utf-8").startswith("# Improved.\n")
    for file in own:
        assert file.read_text(encoding="utf-8").endswith("# The owner's.\n")


def prepend(file: Path) -> None:
    """Improve a file of the template."""
    file.write_text("# Improved.\n" + file.read_text(encoding="utf-8"), encoding="utf-8")


@pytest.mark.thorough
def test_cookiecutter_says_how_to_link(user: User, template: Path) -> None:
    project = project_of(user, "flat")
    made = adopt_with_cookiecutter(user, template, project)
    assert made.returncode == 0, made.stderr
    command = re.search(r"  (cruft link .*)  \(once\)\n", made.stdout)
    assert command, made.stdout
    linked = user.cruft(*command[1].split()[1:], "--no-input", cwd=project)
    assert linked.returncode == 0, linked.stderr
    diff = user.cruft("diff", "--exit-code", "--project-dir", "tests/guards", cwd=project)
    assert (diff.returncode, diff.stdout) == (0, "")


def test_suite_that_cannot_run_is_no_failure(user: User, template: Path) -> None:
    project = project_of(user, "flat")
    adopted = adopt(user, template, project, VIRTUAL_ENV="", CONDA_PREFIX="")
    assert adopted.returncode == 0, adopted.stderr
    assert "NOT RUN: no Python with pytest was found (.venv, venv, env" in adopted.stdout
    assert "overrides event_loop" in adopted.stdout
    git(user, project, "apply", "tests/guards/adopt.patch")
    assert "guards = report" in (project / "pytest.ini").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("tests/conftest.py", "import nowhere\n", "No module named 'nowhere'"),
        ("pytest.ini", "[pytest]\naddopts = --nowhere\n", "unrecognized arguments: --nowhere"),
    ],
    ids=["conftest", "settings"],
)
def test_broken_suite_is_no_failure(
    user: User, template: Path, environment: Environment, file: str, text: str, says: str
) -> None:
    project = project_of(user, "flat", environment)
    (project / file).write_text(text, encoding="utf-8")
    adopted = adopt(user, template, project)
    assert adopted.returncode == 0, adopted.stderr
    assert "NOT RUN: pytest ran no test:" in adopted.stdout
    assert says in adopted.stdout
    assert adopted.stderr == "Your suite as it is …\n"
    git(user, project, "apply", "tests/guards/adopt.patch")


@pytest.mark.thorough  # the time must be enough for a busy machine to begin the test
def test_hung_suite_is_ended_and_its_test_named(
    user: User, template: Path, environment: Environment
) -> None:
    project = project_of(user, "flat", environment)
    assert adopt(user, template, project, **WITHOUT_RUN).returncode == 0
    (project / "tests" / "test_hang.py").write_text(HANGS, encoding="utf-8")
    command = (sys.executable, "tests/guards/adopt", "--minutes", "0.5")
    reported = user.run(*command, cwd=project)
    assert reported.returncode == 0, reported.stderr
    assert re.search("NOT RUN: it has not ended.*tests/test_hang.py::test_hangs", reported.stdout)


@pytest.mark.skipif(sys.platform == "win32", reason="pexpect has no terminals on Windows")
@pytest.mark.thorough
def test_interrupt_ends_the_suite_and_not_the_adoption(
    user: User, template: Path, environment: Environment
) -> None:
    project = project_of(user, "flat", environment)
    (project / "tests" / "test_ticker.py").write_text(HANGS, encoding="utf-8")
    cruft = (sys.executable, "-m", "cruft", "create", "--no-input", template)
    options = ("--directory", "adopt", "--output-dir", "tests")
    shell, screen = user.in_terminal(*cruft, *options, cwd=project)
    shell.expect(r"Your suite as it is: no test of 1.*test_ticker.py::test_hangs")

    shell.sendintr()

    shell.expect("NOT RUN: it was interrupted; so far: no test")
    shell.expect("cruft update -y --project-dir tests/guards")
    shell.sendeof()
    shell.expect(pexpect.EOF)
    shell.close()
    assert "Traceback" not in screen.getvalue()
    diff = user.cruft("diff", "--exit-code", "--project-dir", "tests/guards", cwd=project)
    assert (diff.returncode, diff.stdout) == (0, "")


UNSTABLE = """
from pathlib import Path
import pytest

@pytest.mark.parametrize("number", range(12))
def test_differs(number):
    runs = Path(__file__).with_name(f"runs-{number}")
    with runs.open("a") as file:
        file.write(".")
    assert len(runs.read_text()) != 2
"""


def test_tests_that_differ_run_again_without_the_guards(
    user: User, template: Path, environment: Environment
) -> None:
    project = project_of(user, "flat", environment)
    (project / "tests" / "test_ticker.py").write_text(UNSTABLE, encoding="utf-8")
    printed = adopt(user, template, project).stdout
    outcomes = "passed, with the guards failed, then again without them passed"
    for number in range(10):
        assert f"  tests/test_ticker.py::test_differs[{number}]: {outcomes}\n" in printed
    assert "passed\n  and 2 more\n" in printed


WAITS_FOR_A_SERVER = """
import threading
import pytest

@pytest.fixture
def server():
    threading.Event().wait(SECONDS)
    raise ConnectionRefusedError("no server at db.test:5432")

@pytest.mark.parametrize("number", range(COUNT))
def test_of_server(server, number): ...
"""


@pytest.mark.parametrize(
    ("seconds", "count", "says"),
    [
        (
            0,
            3,
            "as it is:         3 error\n  NOT RUN: with the guards, because no test passes;",
        ),
        pytest.param(
            *(0.2, 1000, "NOT RUN: no test passes, and all would take \\d+ minutes;"),
            marks=pytest.mark.thorough,
        ),
    ],
    ids=["fast", "slow"],
)
def test_suite_without_its_server_is_given_up(
    user: User,
    template: Path,
    environment: Environment,
    seconds: float,
    count: int,
    says: str,
) -> None:
    project = project_of(user, "flat", environment)
    text = WAITS_FOR_A_SERVER.replace("SECONDS", str(seconds)).replace("COUNT", str(count))
    (project / "tests" / "test_ticker.py").write_text(text, encoding="utf-8")
    assert adopt(user, template, project, **WITHOUT_RUN).returncode == 0

    command = (sys.executable, "tests/guards/adopt", "--minutes", "1")
    reported = user.run(*command, cwd=project).stdout

    assert re.search(f"{says} the last failure is\n.*no server at db.test:5432", reported), reported


def environment_with(folder: Path, *requirements: str) -> Environment:
    made = Environment(folder)
    subprocess.run([find_uv_bin(), "-q", "venv", folder], check=True)
    install = [find_uv_bin(), "-q", "pip", "install", "--python", str(made.python)]
    subprocess.run([*install, *requirements], check=True)
    return made


@pytest.mark.thorough
def test_oldest_versions_that_the_guards_need(user: User, template: Path, tmp_path: Path) -> None:
    old = ("pytest==8.2.0", "pytest-asyncio==1.1.0")
    project = project_of(user, "flat", environment_with(tmp_path / "old", *old))
    adopted = adopt(user, template, project).stdout
    assert "Every test has the same result." in adopted
    for pattern in PLANTED["flat"].values():
        assert re.search(pattern, adopted)
    assert "'hangs' needs pytest-timeout:\n      beside pytest in requirements-dev.txt:1" in adopted


@pytest.mark.thorough
def test_versions_that_are_too_old_are_named(user: User, template: Path, tmp_path: Path) -> None:
    old = ("pytest==7.4.4", "pytest-asyncio==0.21.2", "pytest-timeout")
    project = project_of(user, "flat", environment_with(tmp_path / "old", *old))
    adopted = adopt(user, template, project).stdout
    assert "as it is:         7 passed, 1 failed, 1 xfailed" in adopted
    assert "NOT RUN: the guards need pytest 8.2 or newer; this is 7.4.4" in adopted
    assert "patch that loads the guards:\n  python tests/guards/adopt\n" in adopted
    assert "asyncio_default_fixture_loop_scope\n" not in adopted  # which it does not have
    git(user, project, "apply", "tests/guards/adopt.patch")
    assert git(user, project, "diff", "--name-only").split() == ["pytest.ini"]


@pytest.mark.parametrize(
    ("versions", "problem"),
    [
        ({}, ""),
        ({"python": (3, 10, 4)}, "the guards need Python 3.11 or newer; this is 3.10.4"),
        ({"pytest": "8.1.2"}, "the guards need pytest 8.2 or newer; this is 8.1.2"),
        ({"plugins": {"pytest-asyncio": "1.0.0"}}, "need pytest-asyncio 1.1 or newer"),
        ({"plugins": {"pytest-asyncio": "1.10.0a1"}}, ""),
    ],
)
def test_oldest_versions(tmp_path: Path, versions: dict[str, Any], problem: str) -> None:
    about = {"python": (3, 11, 0), "pytest": "10.0.0", "plugins": {}} | versions
    found = program_in(tmp_path).too_old(about)
    assert problem in found
    assert bool(problem) == bool(found)


def test_folder_of_tests_with_other_names(user: User, template: Path) -> None:
    project = project_of(user, "flat")
    checks = project / "ticker_checks"
    checks.mkdir()
    (project / "tests" / "test_ticker.py").rename(checks / "quotes.py")
    shutil.rmtree(project / "tests")
    adopted = adopt(user, template, project, "--output-dir", "ticker_checks", **WITHOUT_RUN)
    assert adopted.returncode == 0, adopted.stderr
    assert (checks / "guards" / ".cruft.json").exists()


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (("--output-dir", "."), "there are some in: tests. Name yours: --output-dir tests"),
        (("--output-dir", "docs"), "docs is not a folder of tests. Name yours"),
        (("--output-dir", "tset"), "There is no folder tset. Name that of your tests"),
        (("--output-dir", "new/tests"), "There is no folder new/tests. Name that of your tests"),
    ],
    ids=["top", "other", "misspelt", "deep"],
)
def test_folder_without_tests_is_refused(
    user: User, template: Path, options: tuple[str, str], hint: str
) -> None:
    project = project_of(user, "flat")
    (project / "docs").mkdir()
    before = {*project.rglob("*")}
    refused = adopt(user, template, project, *options)
    assert refused.returncode == 1
    assert hint in refused.stderr
    assert {*project.rglob("*")} == before


# What is generated


def test_every_guard_is_in_the_tree_and_there_is_one_copy(user: User, tmp_path: Path) -> None:
    project = render(tmp_path, {"database": "none", "http_client": "none"})
    guards = project / "tests" / "guards"
    other = project_of(user, "flat")
    made = adopt_with_cookiecutter(user, TEMPLATE, other)
    assert made.returncode == 0, made.stderr
    own = other / "tests" / "guards"
    shutil.rmtree(own / "adopt")
    (own / "adopt.patch").unlink()
    adopted = {path.name: path.read_bytes() for path in own.iterdir()}
    expected = {path.name: path.read_bytes() for path in guards.iterdir()}
    assert adopted.keys() == expected.keys(), f"give each file its line in adopt/{TREE.name}"
    assert adopted == expected
    for name in adopted:
        assert (TREE / name).stat().st_size < 100, f"{name} must include the one copy"


def test_code_passes_linters(tmp_path: Path) -> None:
    """A suite's own linters run over the program as well, with settings of their own."""
    program = shutil.copytree(TREE / "adopt", tmp_path / "adopt")
    ruff = (sys.executable, "-m", "ruff")
    rules = "ASYNC,B,I,PT,RUF,SIM,UP"
    mypy = (sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"))
    for command in (
        (*ruff, "check", "--isolated", "--extend-select", rules, program),
        (*ruff, "format", "--isolated", "--check", program),
        (*mypy, program, EXTENSION, ADOPT / "hooks" / "post_gen_project.py"),
    ):
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == 0, done.stdout


def test_extension_is_named_by_its_content() -> None:
    content = EXTENSION.read_bytes().replace(b"\r\n", b"\n")
    name = f"async_pytest_adopt_{hashlib.sha256(content).hexdigest()[:8]}"
    settings = json.loads((ADOPT / "cookiecutter.json").read_text(encoding="utf-8"))
    assert EXTENSION.stem == name, f"git mv it to {name}.py; name it in cookiecutter.json"
    assert settings["_extensions"] == [f"{name}.OtherTemplate"]


# The patch


def program_in(project: Path) -> Any:
    """Import a module of the program `adopt`, as that of a project."""
    guards = project / "tests" / "guards"
    folder = shutil.copytree(TREE / "adopt", guards / "adopt")
    for name in [name for name in sys.modules if name.split(".")[0] == "adopt"]:
        del sys.modules[name]
    sys.path.insert(0, str(guards))
    try:
        parts = [importlib.import_module(f"adopt.{path.stem}") for path in folder.glob("[!_]*.py")]
    finally:
        sys.path.remove(str(guards))
    return SimpleNamespace(**{name: value for part in parts for name, value in vars(part).items()})


ABOUT = {"plugins": {"pytest-timeout": "2.4.0"}, "importmode": "importlib"}
SETTINGS = {
    "pytest.ini": "[pytest]\naddopts = -ra\npythonpath = .\n",
    "no end of line": "[pytest]",
    "windows": "[pytest]\r\naddopts = -ra\r\n",
    "tox.ini": "[tox]\nenvlist = py\n\n[pytest]\naddopts =\n    -ra\n[testenv]\ndeps = pytest\n",
    "setup.cfg": "[metadata]\nname = a\n[tool:pytest]\naddopts = -ra\n",
    "options in pyproject.toml": '[project]\nname = "a"\n[tool.pytest.ini_options]\naddopts = "-ra"\n',
    "pyproject.toml": '[tool.pytest]\naddopts = ["-ra"]\npythonpath = ["."]\n[tool.ruff]\n',
    "no settings in pyproject.toml": '[project]\nname = "a"\n',
    "no file": "",
}


@pytest.mark.covering(0)
@pytest.mark.parametrize("kind", SETTINGS)
def test_patch_of_settings_is_read_by_pytest(
    tmp_path: Path, environment: Environment, kind: str
) -> None:
    project = tmp_path / "project"
    program = program_in(project)
    file = project / (kind.split()[-1] if "." in kind else "pytest.ini")
    if kind != "no file":
        file.write_bytes(SETTINGS[kind].encode())
    suite = program.Suite(program.find_project(), 1)
    suite.about = ABOUT | {"timeout": ""}
    suite.as_it_is = program.Run()
    editor = program.write_patch(suite)
    assert editor.by_hand == []
    guards = project / "tests" / "guards"
    subprocess.run(["git", "apply", guards / "adopt.patch"], cwd=project, check=True)
    assert (b"\r\n" in file.read_bytes()) == (kind == "windows")
    assert (b"\n" in file.read_bytes().replace(b"\r\n", b"")) == (kind != "windows")
    (guards / "__init__.py").write_text(
        "def pytest_addoption(parser):\n    parser.addini('guards', '')\n"
        "def pytest_configure(config):\n"
        "    print(config.getini('guards'), config.getoption('timeout'),"
        " config.getini('timeout'), config.getoption('reportchars'))\n"
    )
    options = ("-p", "no:randomly", "-p", "no:cacheprovider", "--import-mode=importlib", "tests")
    shown = environment.run(project, "pytest", "--collect-only", *options).stdout
    assert re.search(r"^report (60.0 |None 60)", shown, re.MULTILINE), shown
    assert "PytestConfigWarning" not in shown
    assert re.search(r"^report .*a$", shown, re.MULTILINE) or "-ra" not in SETTINGS[kind]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 'pytest_plugins = ["guards"]'),
        ("def f(): ...\n", 'pytest_plugins = ["guards"]'),
        ('"""Text."""', 'pytest_plugins = ["guards"]'),
        ("import os\n\nprint(os)\n", 'pytest_plugins = ["guards"]'),
        ('pytest_plugins = ["a"]\nb = 1\n', 'pytest_plugins += ["guards"]'),
        ('pytest_plugins: list[str] = [\n    "a",\n]\n', 'pytest_plugins += ["guards"]'),
        ('pytest_plugins = ("a", "b")', 'pytest_plugins += ("guards",)'),
        ('pytest_plugins = "a"\n', 'pytest_plugins = [pytest_plugins, "guards"]'),
    ],
)
def test_conftest_loads_one_more_plugin(tmp_path: Path, text: str, line: str) -> None:
    changed = program_in(tmp_path).with_plugin(text, '"guards"')
    assert line in changed.splitlines()
    old = plugins_of(text, tmp_path)
    new = plugins_of(changed, tmp_path)
    assert [*new] == [*([old] if isinstance(old, str) else old), "guards"]


def plugins_of(text: str, folder: Path) -> Any:
    (folder / "conftest.py").write_text(text, encoding="utf-8")
    return run_path(str(folder / "conftest.py")).get("pytest_plugins", [])


def test_plugins_that_are_computed_are_left_to_the_owner(tmp_path: Path) -> None:
    program = program_in(tmp_path)
    text = "pytest_plugins = sorted(['a'])\n"
    assert program.with_plugin(text, '"guards"') is None


@pytest.mark.thorough
def test_patch_applies_in_a_project_below_the_top_of_a_repository(
    user: User, template: Path
) -> None:
    top = user.work / "monorepo"
    project = top / "services" / "flat"
    shutil.copytree(SCENARIOS / "adopting" / "flat", project)
    user.commit(top)
    assert adopt(user, template, project, **WITHOUT_RUN).returncode == 0
    git(user, project, "apply", "tests/guards/adopt.patch")
    assert git(user, top, "diff", "--name-only").split() == [
        "services/flat/pytest.ini",
        "services/flat/tests/conftest.py",
    ]
    user.commit(top)
    file = suite_of(template) / "guards" / "leaks.py"
    file.write_text("# Improved.\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    user.commit(template)
    updated = user.cruft("update", "-y", "--project-dir", "tests/guards", cwd=project)
    assert updated.returncode == 0, updated.stderr
    leaks = project / "tests" / "guards" / "leaks.py"
    assert leaks.read_text(encoding="utf-8").startswith("# Improved.\n")


@pytest.mark.thorough
def test_settings_above_the_project_stay_in_force(
    user: User, template: Path, environment: Environment
) -> None:
    top = user.work / "monorepo"
    project = top / "services" / "flat"
    shutil.copytree(SCENARIOS / "adopting" / "flat", project)
    (project / "pytest.ini").rename(top / "pytest.ini")
    (project / "pyproject.toml").write_text("[project]\nname = 'ticker'\n", encoding="utf-8")
    (top / ".venv").symlink_to(environment.folder)
    (top / ".gitignore").write_text(".venv\n", encoding="utf-8")
    user.commit(top)

    printed = adopt(user, template, project).stdout

    assert "Every test has the same result." in printed
    assert git(user, top, "status", "--porcelain") == "?? services/flat/tests/guards/\n"
    (apply,) = re.findall(r"^  (git .*apply .*)$", printed, re.MULTILINE)
    user.run("sh", "-c", apply, cwd=project).check_returncode()
    assert git(user, top, "status", "--porcelain").split() == [
        *("M", "pytest.ini", "??", "conftest.py", "??", "services/flat/tests/guards/"),
    ]
    for folder in (project, top):
        command = (environment.python, "-B", "-m", "pytest", "-p", "no:cacheprovider")
        done = user.run(*command, cwd=folder, PYTHONPATH=str(project))
        assert "7 passed, 1 xfailed" in done.stdout, done.stdout
        assert "found by the guards" in done.stdout
    (undo,) = re.findall(r"^  (git checkout .*)$", printed, re.MULTILINE)
    user.run("sh", "-c", undo, cwd=project).check_returncode()
    assert git(user, top, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("file", "text", "how"),
    [
        (
            "requirements-dev.txt",
            "coverage\npytest==9.2\n",
            "beside pytest in requirements-dev.txt:2",
        ),
        (
            "pyproject.toml",
            '[dependency-groups]\ndev = ["ruff",\n  "pytest>=9",\n]',
            "beside pytest in pyproject.toml:3",
        ),
        (
            "pyproject.toml",
            '[tool.poetry.group.test.dependencies]\npytest = "*"\n',
            "poetry add --group test pytest-timeout",
        ),
        (
            "setup.cfg",
            "[options.extras_require]\ntest =\n    pytest-asyncio\n",
            "beside pytest in setup.cfg:3",
        ),
        ("tox.ini", "[pytest]\naddopts = -ra\n", "pip install pytest-timeout"),
    ],
)
def test_dependency_is_added_where_pytest_is(
    tmp_path: Path, file: str, text: str, how: str
) -> None:
    program = program_in(tmp_path)
    (tmp_path / file).write_text(text, encoding="utf-8")
    assert program.how_to_add(tmp_path) == how
