"""What happens after generation, as somebody at a shell sees it."""

import io
import re
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest
from cli import Person, cookiecutter_command, copy_of_template, suite_of

SLUG = "my-async-project"
SMALL = ("database=none", "http_client=none")

Result = subprocess.CompletedProcess[str]


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


@pytest.fixture
def person_without_uv(tmp_path: Path) -> Person:
    return Person(tmp_path, uv=False)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    return copy_of_template(tmp_path / "template")


def commands_told(result: Result) -> str:
    """Return the commands that the summary tells a person to type, as one line for a shell."""
    (commands,) = re.findall(r"^  cd .*\n(?:  .*\n)+", result.stdout, re.MULTILINE)
    return " && ".join(line.strip() for line in commands.splitlines())


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def assert_green(result: Result, project: Path) -> None:
    assert result.returncode == 0, result.stderr
    assert re.search(r"^GREEN: [1-9]\d* passed; ", result.stdout, re.MULTILINE), result.stdout
    assert (project / ".venv" / "pyvenv.cfg").is_file()


def assert_not_verified(result: Result, project: Path) -> None:
    assert result.returncode == 0, result.stderr
    assert "The project is there, but its suite has not run. To verify it:" in result.stdout
    assert (project / "tests").is_dir()
    assert not (project / ".venv").exists()


def test_uv_makes_green_project_and_says_how_to_go_on(person: Person) -> None:
    result = person.cookiecutter()
    assert_green(result, person.work / SLUG)
    assert (person.work / SLUG / "uv.lock").is_file()
    assert "  environment  uv sync" in result.stdout
    assert commands_told(result) == f"cd {SLUG} && uv run pytest && uv run pytest -n auto"
    again = person.run("sh", "-c", commands_told(result))
    assert again.returncode == 0, again.stdout


def test_pip_makes_green_project_and_says_how_to_go_on(person_without_uv: Person) -> None:
    result = person_without_uv.cookiecutter()
    assert_green(result, person_without_uv.work / SLUG)
    assert not (person_without_uv.work / SLUG / "uv.lock").exists()
    assert "  environment  python -m venv .venv ..." in result.stdout
    again = person_without_uv.run("sh", "-c", commands_told(result))
    assert again.returncode == 0, again.stdout


def test_uv_offline_is_not_verified_until_a_person_does_it(person: Person, tmp_path: Path) -> None:
    result = person.cookiecutter(UV_OFFLINE="1", UV_CACHE_DIR=str(tmp_path / "cache"))
    assert_not_verified(result, person.work / SLUG)
    assert "\nNOT VERIFIED: 'uv sync --group dev' failed, see above." in result.stdout
    assert "network" in result.stdout.split("NOT VERIFIED")[0]  # what uv itself had to say
    online = person.run("sh", "-c", commands_told(result))
    assert online.returncode == 0, online.stdout


def test_no_database_server_is_not_verified(person: Person) -> None:
    url = "postgresql://somebody@127.0.0.1:1/data"
    result = person.cookiecutter("database=postgresql", TEST_DATABASE_URL=url)
    assert result.returncode == 0, result.stderr
    assert (person.work / SLUG / "pyproject.toml").is_file()
    assert "\nNOT VERIFIED: the tests have no server to use, see above." in result.stdout
    assert "TEST_DATABASE_URL: " in result.stdout.split("NOT VERIFIED")[0]


def test_pip_offline_is_not_verified(person_without_uv: Person, tmp_path: Path) -> None:
    result = person_without_uv.cookiecutter(
        PIP_NO_INDEX="1", PIP_FIND_LINKS="", PIP_CACHE_DIR=str(tmp_path / "cache")
    )
    assert_not_verified(result, person_without_uv.work / SLUG)
    assert "No matching distribution found for" in result.stdout.split("NOT VERIFIED")[0]
    assert "--editable . --group dev && " in commands_told(result)


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="the Python that runs this is new enough")
def test_python_that_is_missing_is_named(person_without_uv: Person, tmp_path: Path) -> None:
    result = person_without_uv.cookiecutter("python_version=3.14", PATH=str(tmp_path / "bin"))
    assert_not_verified(result, person_without_uv.work / SLUG)
    assert "\nNOT VERIFIED: python3.14 is needed and cannot be started" in result.stdout


def test_red_suite_is_shown_and_kept_aside(person: Person, template: Path) -> None:
    broken = "\n\ndef test_breaks() -> None:\n    assert 'told' == 'shown'\n"
    with (suite_of(template) / "test_concurrency.py").open("a", encoding="utf-8") as tests:
        tests.write(broken)
    for aside in (f"{SLUG}.failed", f"{SLUG}.failed-2"):
        before = names_in(person.work)
        result = person.cookiecutter(*SMALL, template=template)
        assert result.returncode == 1
        assert "assert 'told' == 'shown'" in result.stdout
        assert re.search(r"^RED: 1 failed, [1-9]\d* passed; ", result.stdout, re.MULTILINE)
        assert names_in(person.work) == before | {aside}
        assert names_in(person.work / aside).isdisjoint({".venv", ".pytest_cache"})
        assert commands_told(result).startswith(f"cd {aside} && ")
    again = person.run("sh", "-c", commands_told(result))
    assert "assert 'told' == 'shown'" in again.stdout


@pytest.mark.parametrize(("answer", "variable"), [("no", ""), ("yes", "no")])
def test_suite_does_not_run_for_those_who_say_so(
    person: Person, answer: str, variable: str
) -> None:
    result = person.cookiecutter(f"run_suite={answer}", ASYNC_PYTEST_TEMPLATE_RUN_SUITE=variable)
    assert result.returncode == 0, result.stderr
    assert "The suite has not run, as you asked." in result.stdout
    assert commands_told(result) == f"cd {SLUG} && uv sync --group dev && uv run pytest"
    assert names_in(person.work / SLUG).isdisjoint({".venv", "uv.lock"})


def test_environment_of_the_caller_does_not_leak_in(person: Person, tmp_path: Path) -> None:
    poison, elsewhere = tmp_path / "poison", tmp_path / "elsewhere"
    poison.mkdir()
    (poison / "pytest.py").write_text("raise SystemExit('poisoned')\n", encoding="utf-8")
    result = person.cookiecutter(
        *SMALL,
        PYTHONPATH=str(poison),
        PYTEST_ADDOPTS="--bogus",
        VIRTUAL_ENV=str(elsewhere),
        UV_PROJECT_ENVIRONMENT=str(elsewhere),
    )
    assert_green(result, person.work / SLUG)
    assert not elsewhere.exists()


@pytest.mark.parametrize("answer", ["project_slug=httpx2", "package_name=aiosqlite"])
def test_name_of_declared_dependency_is_refused(person: Person, answer: str) -> None:
    result = person.cookiecutter(answer)
    prompt, name = answer.split("=")
    assert result.returncode == 1
    assert f"  {prompt}: {name!r} is a package that the project depends on" in result.stderr
    assert not names_in(person.work)


def test_uv_workspace_around_is_left_alone(person: Person) -> None:
    pyproject = person.work / "pyproject.toml"
    text = '[project]\nname = "around"\nversion = "1"\n[tool.uv.workspace]\nmembers = ["*"]\n'
    pyproject.write_text(text, encoding="utf-8")
    result = person.cookiecutter(*SMALL)
    assert_green(result, person.work / SLUG)
    assert names_in(person.work) == {"pyproject.toml", SLUG}
    assert pyproject.read_text(encoding="utf-8") == text


def test_folder_with_blanks_and_accents(person: Person) -> None:
    folder = person.work / "it's  été $HOME 日本"
    folder.mkdir()
    assert_green(person.cookiecutter(*SMALL, cwd=folder), folder / SLUG)


def test_commands_lead_from_the_folder_of_the_person(person: Person) -> None:
    folder = "it's  été $HOME 日本"
    result = person.cookiecutter(*SMALL, "run_suite=no", "--output-dir", folder)
    typed = person.run("sh", "-c", commands_told(result))
    assert typed.returncode == 0, typed.stderr


@pytest.mark.timeout(100)  # shorter than the test that waits to be interrupted
def test_interrupted_suite_leaves_project_and_no_process(person: Person, template: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    lock = person.work / "lock"
    waits = f"""\
import fcntl
import threading

import pytest


@pytest.mark.timeout(0)
def test_waits(capsys: pytest.CaptureFixture[str]) -> None:
    with open({str(lock)!r}, "w") as lock, capsys.disabled():
        fcntl.flock(lock, fcntl.LOCK_EX)
        print("WAITING", flush=True)
        threading.Event().wait(200)
"""
    (suite_of(template) / "test_a.py").write_text(waits, encoding="utf-8")
    # A shell stays when what it has started is interrupted, and so does its terminal.
    command = [*cookiecutter_command(template), "--no-input", *SMALL]
    shell = pexpect.spawn(
        "sh",
        ["-c", 'trap : INT; "$@"; cat', "sh", *command],
        cwd=person.work,
        env=person.environment,
        encoding="utf-8",
        timeout=60,
    )
    shell.logfile_read = screen = io.StringIO()
    shell.expect("WAITING")
    shell.sendintr()
    shell.expect("NOT VERIFIED: it was interrupted")
    shell.expect("uv run pytest")
    shell.sendeof()
    shell.expect(pexpect.EOF)
    shell.close()
    assert "Traceback" not in screen.getvalue()
    assert (person.work / SLUG / ".venv").is_dir()
    with lock.open() as held:  # waits for whatever still runs the test
        fcntl.flock(held, fcntl.LOCK_EX)


@pytest.mark.parametrize("redirection", [">&-", "| head -n 1"], ids=["closed", "read no further"])
def test_project_outlives_an_output_that_nobody_reads(person: Person, redirection: str) -> None:
    command = [*cookiecutter_command(), "--no-input", *SMALL]
    person.run("sh", "-c", f'"$@" {redirection}', "sh", *command)
    assert (person.work / SLUG / "tests").is_dir()
