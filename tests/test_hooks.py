"""What happens after generation, as a user at a shell sees it."""

import re
import sys
from pathlib import Path

import pexpect
import pytest
from helpers.command_line import (
    SLUG,
    SMALL,
    Result,
    User,
    assert_green,
    assert_not_verified,
    cookiecutter_command,
    names_in,
    suite_of,
)
from helpers.projects import TEMPLATE


def commands_told(result: Result) -> str:
    """Return the commands of the summary, as one line for a shell."""
    (commands,) = re.findall(r"^  cd .*\n(?:  .*\n)+", result.stdout, re.MULTILINE)
    return " && ".join(line.strip() for line in commands.splitlines())


def test_project_is_green_with_uv_and_next_steps_work(user: User) -> None:
    result = user.cookiecutter()
    assert_green(result, user.work / SLUG)
    assert (user.work / SLUG / "uv.lock").is_file()
    (passed,) = re.findall(r"^GREEN: (\d+) passed", result.stdout, re.MULTILINE)
    readme = (TEMPLATE / "README.md").read_text(encoding="utf-8")
    assert f"| tests in a new project | {passed} |" in readme
    assert "  environment  uv sync" in result.stdout
    assert commands_told(result) == f"cd {SLUG} && uv run pytest && uv run pytest -n auto"
    again = user.run("sh", "-c", commands_told(result))
    assert again.returncode == 0, again.stdout


def test_project_is_green_with_pip_and_next_steps_work(user_without_uv: User) -> None:
    result = user_without_uv.cookiecutter()
    assert_green(result, user_without_uv.work / SLUG)
    assert not (user_without_uv.work / SLUG / "uv.lock").exists()
    assert "  environment  python -m venv .venv ..." in result.stdout
    again = user_without_uv.run("sh", "-c", commands_told(result))
    assert again.returncode == 0, again.stdout


def test_uv_offline_is_not_verified_and_next_steps_work_online(user: User, tmp_path: Path) -> None:
    result = user.cookiecutter(UV_OFFLINE="1", UV_CACHE_DIR=str(tmp_path / "cache"))
    assert_not_verified(result, user.work / SLUG)
    assert "\nNOT VERIFIED: 'uv sync --group dev' failed, see above." in result.stdout
    assert "network" in result.stdout.split("NOT VERIFIED")[0]  # what uv itself had to say
    online = user.run("sh", "-c", commands_told(result))
    assert online.returncode == 0, online.stdout


def test_no_database_server_is_not_verified(user: User) -> None:
    url = "postgresql://somebody@127.0.0.1:1/data"
    result = user.cookiecutter("database=postgresql", TEST_DATABASE_URL=url)
    assert result.returncode == 0, result.stderr
    assert (user.work / SLUG / "pyproject.toml").is_file()
    assert "\nNOT VERIFIED: the tests have no server to use, see above." in result.stdout
    assert "TEST_DATABASE_URL: " in result.stdout.split("NOT VERIFIED")[0]


@pytest.mark.thorough
def test_pip_offline_is_not_verified(user_without_uv: User, tmp_path: Path) -> None:
    result = user_without_uv.cookiecutter(
        PIP_NO_INDEX="1", PIP_FIND_LINKS="", PIP_CACHE_DIR=str(tmp_path / "cache")
    )
    assert_not_verified(result, user_without_uv.work / SLUG)
    assert "No matching distribution found for" in result.stdout.split("NOT VERIFIED")[0]
    assert "--editable . --group dev && " in commands_told(result)


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="the Python that runs this is new enough")
def test_missing_python_is_named(user_without_uv: User, tmp_path: Path) -> None:
    result = user_without_uv.cookiecutter("python_version=3.14", PATH=str(tmp_path / "bin"))
    assert_not_verified(result, user_without_uv.work / SLUG)
    running = ".".join(map(str, sys.version_info[:3]))
    found = f"no Python 3.14 or newer was found, only {running}; install one"
    assert f"\nNOT VERIFIED: {found}." in result.stdout


def test_red_suite_is_shown_and_its_project_kept_aside(user: User, template: Path) -> None:
    broken = "\n\ndef test_breaks() -> None:\n    assert 'told' == 'shown'\n"
    with (suite_of(template) / "test_fixtures.py").open("a", encoding="utf-8") as tests:
        tests.write(broken)
    for aside in (f"{SLUG}.failed", f"{SLUG}.failed-2"):
        before = names_in(user.work)
        result = user.cookiecutter(*SMALL, template=template)
        assert result.returncode == 1
        assert "assert 'told' == 'shown'" in result.stdout
        assert re.search(r"^RED: 1 failed, [1-9]\d* passed; ", result.stdout, re.MULTILINE)
        assert names_in(user.work) == before | {aside}
        assert names_in(user.work / aside).isdisjoint({".venv", ".pytest_cache"})
        assert commands_told(result).startswith(f"cd {aside} && ")
    again = user.run("sh", "-c", commands_told(result))
    assert "assert 'told' == 'shown'" in again.stdout


@pytest.mark.parametrize(("answer", "variable"), [("no", ""), ("yes", "no")])
def test_suite_does_not_run_when_disabled(user: User, answer: str, variable: str) -> None:
    result = user.cookiecutter(f"run_suite={answer}", ASYNC_PYTEST_TEMPLATE_RUN_SUITE=variable)
    assert result.returncode == 0, result.stderr
    assert "The suite was not run, as requested." in result.stdout
    assert commands_told(result) == f"cd {SLUG} && uv sync --group dev && uv run pytest"
    assert names_in(user.work / SLUG).isdisjoint({".venv", "uv.lock"})


def test_environment_variables_of_the_caller_do_not_leak_in(user: User, tmp_path: Path) -> None:
    poison, elsewhere = tmp_path / "poison", tmp_path / "elsewhere"
    poison.mkdir()
    (poison / "pytest.py").write_text("raise SystemExit('poisoned')\n", encoding="utf-8")
    result = user.cookiecutter(
        *SMALL,
        PYTHONPATH=str(poison),
        PYTEST_ADDOPTS="--bogus",
        VIRTUAL_ENV=str(elsewhere),
        UV_PROJECT_ENVIRONMENT=str(elsewhere),
    )
    assert_green(result, user.work / SLUG)
    assert not elsewhere.exists()


@pytest.mark.parametrize("answer", ["project_slug=httpx2", "package_name=aiosqlite"])
def test_name_of_dependency_is_refused(user: User, answer: str) -> None:
    result = user.cookiecutter(answer)
    prompt, name = answer.split("=")
    assert result.returncode == 1
    assert f"  {prompt}: {name!r} is a " in result.stderr
    assert " that the project itself installs; use another name, such as my" in result.stderr
    assert not names_in(user.work)


def test_parent_uv_workspace_is_not_changed(user: User) -> None:
    pyproject = user.work / "pyproject.toml"
    text = '[project]\nname = "around"\nversion = "1"\n[tool.uv.workspace]\nmembers = ["*"]\n'
    pyproject.write_text(text, encoding="utf-8")
    result = user.cookiecutter(*SMALL)
    assert_green(result, user.work / SLUG)
    assert names_in(user.work) == {"pyproject.toml", SLUG}
    assert pyproject.read_text(encoding="utf-8") == text


def test_folder_with_spaces_and_accents(user: User) -> None:
    folder = user.work / "it's  été $HOME 日本"
    folder.mkdir()
    assert_green(user.cookiecutter(*SMALL, cwd=folder), folder / SLUG)


def test_next_steps_start_in_the_current_folder(user: User) -> None:
    folder = "it's  été $HOME 日本"
    result = user.cookiecutter(*SMALL, "run_suite=no", "--output-dir", folder)
    typed = user.run("sh", "-c", commands_told(result))
    assert typed.returncode == 0, typed.stderr


def test_progress_on_a_wide_terminal_leaves_nothing_behind(user: User) -> None:
    shell, screen = user.cookiecutter_in_terminal(
        COLUMNS="120", UV_OFFLINE="1", UV_CACHE_DIR=str(user.work / "cache")
    )
    shell.expect("NOT VERIFIED")
    shell.sendeof()
    shell.expect(pexpect.EOF)
    shell.close()
    (line,) = (line for line in screen.getvalue().split("\r\n") if "  environment  " in line)
    *overwritten, last = line.split("\r")
    assert last.rstrip().endswith(". failed")
    assert len(last) >= max(map(len, overwritten)) == 119


@pytest.mark.timeout(100)  # shorter than the test that waits to be interrupted
def test_interrupted_suite_leaves_project_and_no_process(user: User, template: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    lock = user.work / "lock"
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
    shell, screen = user.cookiecutter_in_terminal(*SMALL, template=template)
    shell.expect("WAITING")
    shell.sendintr()
    shell.expect("NOT VERIFIED: generation was interrupted")
    shell.expect("uv run pytest")
    shell.sendeof()
    shell.expect(pexpect.EOF)
    shell.close()
    assert "Traceback" not in screen.getvalue()
    assert (user.work / SLUG / ".venv").is_dir()
    with lock.open() as held:  # waits for whatever still runs the test
        fcntl.flock(held, fcntl.LOCK_EX)


@pytest.mark.parametrize("redirection", [">&-", "| head -n 1"], ids=["closed", "read no further"])
def test_closed_output_does_not_lose_the_project(user: User, redirection: str) -> None:
    command = [*cookiecutter_command(), "--no-input", *SMALL]
    user.run("sh", "-c", f'"$@" {redirection}', "sh", *command)
    assert (user.work / SLUG / "tests").is_dir()
