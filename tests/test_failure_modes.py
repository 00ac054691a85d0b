"""Failure modes of the machine: no work is lost, nothing is left behind, the reason is named."""

import ensurepip
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

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
    generated_files,
    names_in,
    suite_of,
)
from helpers.package_index import Index
from helpers.projects import TEMPLATE
from uv import find_uv_bin

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell and terminal")


def assert_tidy(user: User) -> None:
    """Assert that no process and no temporary folder is left, except what others leave."""
    # The scripts are cookiecutter's, the lock uv's, `pytest-of-…` every pytest's.
    left = [
        path
        for path in user.temporary.iterdir()
        if path.suffix not in (".py", ".lock") and not path.name.startswith("pytest-of-")
    ]
    assert not left
    if sys.platform == "linux":
        assert not processes_in(user.work)


def processes_in(folder: Path) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if Path(os.readlink(process / "cwd")).is_relative_to(folder):
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:  # it has ended, or is somebody else's
            continue
    return found


# The index


# A newer pip is asked for before anything else, where Python brings an older one.
BRINGS_PIP = tuple(map(int, ensurepip.version().split(".")[:2]))
FIRST_OF_PIP = "pip" if BRINGS_PIP < (25, 1) else "uv-build"


@pytest.mark.parametrize(
    ("uv", "breaks_at"),
    [
        pytest.param(True, "pytest", id="uv"),
        pytest.param(False, FIRST_OF_PIP, id="pip", marks=pytest.mark.thorough),
    ],
)
def test_index_that_drops_the_connection(tmp_path: Path, uv: bool, breaks_at: str) -> None:
    user = User(tmp_path, uv=uv)
    with Index(breaks_at=breaks_at) as index:
        result = user.cookiecutter(*SMALL, **index.environment(tmp_path / "cache"))
        assert index.reached.is_set()
    assert_not_verified(result, user.work / SLUG)
    assert breaks_at in result.stdout.split("NOT VERIFIED")[0].replace("_", "-")
    assert_tidy(user)


@posix
def test_interrupted_installation(user: User, tmp_path: Path) -> None:
    with Index(breaks_at="pytest", waits=True) as index:
        shell, screen = user.cookiecutter_in_terminal(
            *SMALL, **index.environment(tmp_path / "cache")
        )
        assert index.reached.wait(60)
        shell.sendintr()
        shell.expect("NOT VERIFIED: ")
        shell.expect("uv run pytest")
        shell.sendeof()
        shell.expect(pexpect.EOF)
        shell.close()
    assert "Traceback" not in screen.getvalue()
    assert (user.work / SLUG / "tests").is_dir()
    assert names_in(user.work / SLUG).isdisjoint({".venv", "uv.lock"})
    assert_tidy(user)


@posix
def test_interrupted_before_installation(user: User, tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    lock, uv = tmp_path / "lock", tmp_path / "bin" / "uv"
    uv.unlink()
    uv.write_text(
        f"#!{sys.executable}\n"
        "import fcntl, threading\n"
        f"with open({str(lock)!r}, 'w') as lock, open('/dev/tty', 'w') as terminal:\n"
        "    fcntl.flock(lock, fcntl.LOCK_EX)\n"
        "    print('WAITING', file=terminal, flush=True)\n"
        "    threading.Event().wait(200)\n",
        encoding="utf-8",
    )
    uv.chmod(0o755)
    shell, screen = user.cookiecutter_in_terminal(*SMALL)
    shell.expect("WAITING")
    shell.sendintr()
    with lock.open() as held:  # waits for the one that is asked whether it is new enough
        fcntl.flock(held, fcntl.LOCK_EX)
    shell.sendeof()
    shell.expect(pexpect.EOF)
    shell.close()
    assert "post_gen" not in screen.getvalue()
    assert "in works" not in screen.getvalue()
    assert (user.work / SLUG / "tests").is_dir()


# Disks


def with_mount(user: User, mount: str, *answers: str, **environment: Any) -> Result:
    """Generate a project with a file system mounted, and list what is in it afterwards.

    Nobody else sees the mount, and it is gone afterwards.
    """
    namespace = ["unshare", "--map-root-user", "--mount"]
    if sys.platform != "linux" or user.run(*namespace, "mount", "--version").returncode:
        pytest.skip("no mount namespaces here: Linux only, and not in every container")
    script = f'{mount} && cd . && "$@"; status=$?; echo LEFT; ls -A1 . {SLUG}; exit $status'
    command = [*cookiecutter_command(), "--no-input", *SMALL, *answers]
    return user.run(*namespace, "sh", "-c", script, "sh", *command, **environment)


def left_in(result: Result) -> list[str]:
    return [name for name in result.stdout.split("LEFT\n")[1].split() if name[-1] != ":"]


def test_full_disk_is_refused(user: User) -> None:
    full = f"mount -t tmpfs -o size=64k tmpfs {user.work} && cd {user.work}"
    result = with_mount(user, full)
    assert result.returncode != 0
    assert "  the disk is full; free some space." in result.stderr
    assert left_in(result) == []


def test_installation_fills_the_disk(user: User, tmp_path: Path) -> None:
    small = f"mount -t tmpfs -o size=8m tmpfs {user.work} && cd {user.work}"
    with Index(large=True) as index:
        result = with_mount(user, small, **index.environment(tmp_path / "cache"))
    assert result.returncode == 0, result.stderr
    assert "No space left on device" in result.stdout
    assert "\nNOT VERIFIED: 'uv sync --group dev' failed, see above." in result.stdout
    assert "tests" in left_in(result)
    assert {".venv", "uv.lock"}.isdisjoint(left_in(result))
    assert_tidy(user)


def test_suite_fills_the_disk(user: User, template: Path) -> None:
    fills = """\
from pathlib import Path


def test_fills(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb", buffering=0) as large:
        while True:
            large.write(b"0" * 100_000)
"""
    (suite_of(template) / "test_fills.py").write_text(fills, encoding="utf-8")
    small = f"mount -t tmpfs -o size=8m tmpfs {user.temporary}"
    command = [*cookiecutter_command(template), "--no-input", *SMALL]
    result = with_mount(user, f"{small} && set -- {' '.join(command)}")
    assert result.returncode == 0, result.stdout
    reason = "this machine cannot run the tests: OSError: [Errno 28] No space left on device"
    assert f"\nNOT VERIFIED: {reason}." in result.stdout
    assert names_in(user.work) == {SLUG}


def test_read_only_folder(user: User) -> None:
    read_only = "mount --bind . . && mount -o remount,bind,ro . && cd $PWD"
    result = with_mount(user, read_only)
    assert result.returncode != 0
    assert f"Unable to create directory at {SLUG}" in result.stderr
    assert "post_gen_project" not in result.stderr
    assert left_in(result) == []


# Pythons and environments


@pytest.mark.parametrize(
    ("python", "cookiecutter", "refusal"),
    [
        ((3, 10), "2.7.1", "cookiecutter runs on Python 3.10; install it with Python 3.11"),
        ((3, 11), "2.5.0", "cookiecutter 2.5.0 is too old; upgrade it to 2.6"),
    ],
)
def test_tool_too_old_is_refused(
    user: User,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    python: tuple[int, int],
    cookiecutter: str,
    refusal: str,
) -> None:
    hook = runpy.run_path(str(TEMPLATE / "hooks" / "pre_gen_project.py"))
    main: Any = hook["main"]
    monkeypatch.setattr(sys, "version_info", python)
    monkeypatch.setitem(main.__globals__, "version", lambda _: cookiecutter)
    assert main() == 1
    assert f"  {refusal}" in capsys.readouterr().err


def test_uv_too_old_is_not_used(user: User, tmp_path: Path) -> None:
    packages = tmp_path / "old"
    install = ["pip", "install", "--quiet", "--target", str(packages), "uv==0.4.20"]
    subprocess.run([find_uv_bin(), *install], check=True)
    commands = tmp_path / "bin"
    (commands / "uv").unlink()
    (commands / "uv").symlink_to(packages / "bin" / "uv")
    result = user.cookiecutter("run_suite=no")
    assert "-m venv .venv\n" in result.stdout
    assert "uv" not in result.stdout


def test_active_environment_is_not_changed(user: User, tmp_path: Path) -> None:
    conda = tmp_path / "conda"
    subprocess.run([find_uv_bin(), "venv", "--quiet", str(conda)], check=True)
    before = {path: path.lstat().st_mtime_ns for path in conda.rglob("*")}
    result = user.cookiecutter(
        *SMALL,
        CONDA_PREFIX=str(conda),
        CONDA_DEFAULT_ENV="base",
        VIRTUAL_ENV=str(conda),
        UV_PROJECT_ENVIRONMENT=str(conda),
        PATH=os.pathsep.join([str(conda / "bin"), user.environment["PATH"]]),
    )
    assert_green(result, user.work / SLUG)
    assert (user.work / SLUG / ".venv" / "pyvenv.cfg").is_file()
    assert {path: path.lstat().st_mtime_ns for path in conda.rglob("*")} == before


# Places


def test_parent_repository_is_not_changed(user: User) -> None:
    spoilers = {
        "conftest.py": "raise SystemExit('the conftest around')\n",
        "pytest.ini": "[pytest]\naddopts = --bogus\n",
        "setup.cfg": "[tool:pytest]\naddopts = --bogus\n",
        "ruff.toml": "line-length = 10\n",
    }
    for name, text in spoilers.items():
        (user.work / name).write_text(text, encoding="utf-8")
    user.commit(user.work)
    assert_green(user.cookiecutter(*SMALL), user.work / SLUG)
    status = user.run("git", "status", "--porcelain", "--untracked-files=all").stdout
    assert {line[: 4 + len(SLUG)] for line in status.splitlines()} == {f"?? {SLUG}/"}
    assert ".venv" not in status


def test_invalid_pyproject_in_the_parent_folder_is_left_to_uv(user: User) -> None:
    (user.work / "pyproject.toml").write_text("tool = 'not a table'\n", encoding="utf-8")
    result = user.cookiecutter("run_suite=no")
    assert result.returncode == 0, result.stderr
    assert "\n  uv sync --group dev\n" in result.stdout


@posix
@pytest.mark.parametrize(
    "command", [["env", "-u", "HOME"], ["sh", "-c", '"$@" <&-', "sh"]], ids=["no home", "no stdin"]
)
def test_green_without(user: User, tmp_path: Path, command: list[str]) -> None:
    config = tmp_path / "config.yaml"  # or cookiecutter would look into the real home
    config.write_text(f"replay_dir: {tmp_path}\ncookiecutters_dir: {tmp_path}\n", encoding="utf-8")
    result = user.run(
        *command,
        *cookiecutter_command(),
        "--no-input",
        *SMALL,
        COOKIECUTTER_CONFIG=str(config),
    )
    assert_green(result, user.work / SLUG)
    assert_tidy(user)


# Folders with somebody's work


@pytest.fixture
def worked_on(user: User) -> Path:
    """A project that contains work of the user, an hour old."""
    result = user.cookiecutter(*SMALL, "run_suite=no")
    assert result.returncode == 0, result.stderr
    project = user.work / SLUG
    (project / "data").mkdir()
    (project / "data" / "mine").write_text("years of work", encoding="utf-8")
    (project / "src" / "my_async_project" / "mine.py").write_text("mine = 1\n", encoding="utf-8")
    for path in [*project.rglob("*"), project]:
        an_hour_ago = path.stat().st_mtime - 3600
        os.utime(path, (an_hour_ago, an_hour_ago))
    return project


def assert_kept(project: Path) -> None:
    assert (project / "data" / "mine").read_text(encoding="utf-8") == "years of work"
    assert (project / "src" / "my_async_project" / "mine.py").is_file()


def test_green_keeps_existing_work(user: User, worked_on: Path) -> None:
    assert_green(user.cookiecutter("--overwrite-if-exists", *SMALL), user.work / SLUG)
    assert_kept(worked_on)


def test_failed_installation_keeps_an_existing_environment(
    user: User, worked_on: Path, tmp_path: Path
) -> None:
    subprocess.run([find_uv_bin(), "venv", "--quiet", str(worked_on / ".venv")], check=True)
    (worked_on / ".venv" / "mine").touch()
    with Index(breaks_at="pytest") as index:
        environment = index.environment(tmp_path / "cache")
        result = user.cookiecutter("--overwrite-if-exists", *SMALL, **environment)
    assert "\nNOT VERIFIED: " in result.stdout
    assert (worked_on / ".venv" / "mine").is_file()
    assert not (worked_on / "uv.lock").exists()
    assert_kept(worked_on)


def test_red_keeps_existing_work_and_says_so(user: User, worked_on: Path, template: Path) -> None:
    broken = "def test_breaks() -> None:\n    raise AssertionError\n"
    (suite_of(template) / "test_broken.py").write_text(broken, encoding="utf-8")
    result = user.cookiecutter("--overwrite-if-exists", *SMALL, template=template)
    assert result.returncode == 1
    assert "\nRED: 1 failed, " in result.stdout
    assert "The folder existed before, so it was kept" in result.stdout
    assert "handed over" not in result.stdout
    assert names_in(user.work) == {SLUG}
    assert_kept(worked_on)


def test_name_clash_keeps_existing_work(user: User) -> None:
    folder = user.work / "httpx2"
    folder.mkdir()
    (folder / "mine").touch()
    result = user.cookiecutter("--overwrite-if-exists", "project_slug=httpx2")
    assert result.returncode == 1
    assert "No project was made:" in result.stderr
    assert (folder / "mine").is_file()


# Other ways to call cookiecutter


def test_without_hooks_only_files_are_written(user: User) -> None:
    result = user.cookiecutter("--accept-hooks", "no", *SMALL)
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    assert names_in(user.work / SLUG).isdisjoint({".venv", "uv.lock"})


@pytest.mark.parametrize("by_file", [False, True], ids=["replay", "replay file"])
def test_replay_makes_same_project(user: User, by_file: bool) -> None:
    first = user.cookiecutter(*SMALL, 'project_name=It\'s "so" \\ é', "run_suite=no")
    assert first.returncode == 0, first.stderr
    (replayed,) = (user.home / ".cookiecutter_replay").iterdir()
    how = ["--replay-file", str(replayed)] if by_file else ["--replay"]
    again = user.run(*cookiecutter_command(), *how, "--output-dir", "again")
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith("\nThe suite was not run")
    (slug,) = names_in(user.work) - {"again"}
    assert generated_files(user.work / slug) == generated_files(user.work / "again" / slug)
