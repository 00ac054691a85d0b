"""Machines and moments at which little works: nothing is lost, left behind or told wrongly."""

import ensurepip
import io
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pexpect
import pytest
from cli import Person, cookiecutter_command, copy_of_template, generated_files, suite_of
from generated import TEMPLATE
from package_index import Index
from uv import find_uv_bin

SLUG = "my-async-project"
SMALL = ("database=none", "http_client=none")

Result = subprocess.CompletedProcess[str]

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell and terminal")


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    return copy_of_template(tmp_path / "template")


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def assert_tidy(person: Person) -> None:
    """Assert that no process and no temporary folder is left, except what others leave."""
    # The scripts are cookiecutter's, the lock uv's, `pytest-of-…` every pytest's.
    left = [
        path
        for path in person.temporary.iterdir()
        if path.suffix not in (".py", ".lock") and not path.name.startswith("pytest-of-")
    ]
    assert not left
    if sys.platform == "linux":
        assert not processes_in(person.work)


def processes_in(folder: Path) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if Path(os.readlink(process / "cwd")).is_relative_to(folder):
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:  # it has ended, or is somebody else's
            continue
    return found


def assert_not_verified(result: Result, project: Path) -> None:
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stderr
    assert "\nNOT VERIFIED: " in result.stdout
    assert (project / "tests").is_dir()
    assert names_in(project).isdisjoint({".venv", "uv.lock"})


def assert_green(result: Result) -> None:
    assert result.returncode == 0, result.stderr
    assert "\nGREEN: " in result.stdout, result.stdout


# The index


# A newer pip is asked for before anything else, where Python brings an older one.
BRINGS_PIP = tuple(map(int, ensurepip.version().split(".")[:2]))
FIRST_OF_PIP = "pip" if BRINGS_PIP < (25, 1) else "uv-build"


@pytest.mark.parametrize(
    ("uv", "breaks_at"), [(True, "pytest"), (False, FIRST_OF_PIP)], ids=["uv", "pip"]
)
def test_index_that_breaks_off(tmp_path: Path, uv: bool, breaks_at: str) -> None:
    person = Person(tmp_path, uv=uv)
    with Index(breaks_at=breaks_at) as index:
        result = person.cookiecutter(*SMALL, **index.environment(tmp_path / "cache"))
        assert index.reached.is_set()
    assert_not_verified(result, person.work / SLUG)
    assert breaks_at in result.stdout.split("NOT VERIFIED")[0].replace("_", "-")
    assert_tidy(person)


def started(person: Person, **environment: str) -> "tuple[pexpect.spawn[str], io.StringIO]":
    """Start cookiecutter in a terminal, and return that and what it shows.

    A shell stays when what it has started is interrupted, and so does its terminal.
    """
    command = [*cookiecutter_command(), "--no-input", *SMALL]
    shell = pexpect.spawn(
        "sh",
        ["-c", 'trap : INT; "$@"; cat', "sh", *command],
        cwd=person.work,
        env={**person.environment, **environment},
        encoding="utf-8",
        timeout=60,
    )
    shell.logfile_read = screen = io.StringIO()
    return shell, screen


@posix
def test_interrupted_installation(person: Person, tmp_path: Path) -> None:
    with Index(breaks_at="pytest", waits=True) as index:
        shell, screen = started(person, **index.environment(tmp_path / "cache"))
        assert index.reached.wait(60)
        shell.sendintr()
        shell.expect("NOT VERIFIED: ")
        shell.expect("uv run pytest")
        shell.sendeof()
        shell.expect(pexpect.EOF)
        shell.close()
    assert "Traceback" not in screen.getvalue()
    assert (person.work / SLUG / "tests").is_dir()
    assert names_in(person.work / SLUG).isdisjoint({".venv", "uv.lock"})
    assert_tidy(person)


@posix
def test_interrupted_before_installation(person: Person, tmp_path: Path) -> None:
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
    shell, screen = started(person)
    shell.expect("WAITING")
    shell.sendintr()
    with lock.open() as held:  # waits for the one that is asked whether it is new enough
        fcntl.flock(held, fcntl.LOCK_EX)
    shell.sendeof()
    shell.expect(pexpect.EOF)
    shell.close()
    assert "post_gen" not in screen.getvalue()
    assert "in works" not in screen.getvalue()
    assert (person.work / SLUG / "tests").is_dir()


# Disks


def with_mount(person: Person, mount: str, *answers: str, **environment: Any) -> Result:
    """Generate a project where a file system is mounted, and list what it then holds.

    Nobody else sees the mount, and it is gone afterwards.
    """
    namespace = ["unshare", "--map-root-user", "--mount"]
    if sys.platform != "linux" or person.run(*namespace, "mount", "--version").returncode:
        pytest.skip("no mount namespaces here: Linux only, and not in every container")
    script = f'{mount} && cd . && "$@"; status=$?; echo LEFT; ls -A1 . {SLUG}; exit $status'
    command = [*cookiecutter_command(), "--no-input", *SMALL, *answers]
    return person.run(*namespace, "sh", "-c", script, "sh", *command, **environment)


def left_in(result: Result) -> list[str]:
    return [name for name in result.stdout.split("LEFT\n")[1].split() if name[-1] != ":"]


def test_full_disk_is_refused(person: Person) -> None:
    full = f"mount -t tmpfs -o size=64k tmpfs {person.work} && cd {person.work}"
    result = with_mount(person, full)
    assert result.returncode != 0
    assert "  the disk is full; make room." in result.stderr
    assert left_in(result) == []


def test_disk_that_installation_fills(person: Person, tmp_path: Path) -> None:
    small = f"mount -t tmpfs -o size=8m tmpfs {person.work} && cd {person.work}"
    with Index(large=True) as index:
        result = with_mount(person, small, **index.environment(tmp_path / "cache"))
    assert result.returncode == 0, result.stderr
    assert "No space left on device" in result.stdout
    assert "\nNOT VERIFIED: 'uv sync --group dev' failed, see above." in result.stdout
    assert "tests" in left_in(result)
    assert {".venv", "uv.lock"}.isdisjoint(left_in(result))
    assert_tidy(person)


def test_disk_that_suite_fills(person: Person, template: Path) -> None:
    fills = """\
from pathlib import Path


def test_fills(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb", buffering=0) as large:
        while True:
            large.write(b"0" * 100_000)
"""
    (suite_of(template) / "test_fills.py").write_text(fills, encoding="utf-8")
    small = f"mount -t tmpfs -o size=8m tmpfs {person.temporary}"
    command = [*cookiecutter_command(template), "--no-input", *SMALL]
    result = with_mount(person, f"{small} && set -- {' '.join(command)}")
    assert result.returncode == 0, result.stdout
    assert f"\nNOT VERIFIED: no space is left in {person.temporary}." in result.stdout
    assert names_in(person.work) == {SLUG}


def test_read_only_folder(person: Person) -> None:
    read_only = "mount --bind . . && mount -o remount,bind,ro . && cd $PWD"
    result = with_mount(person, read_only)
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
    person: Person,
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


def test_uv_too_old_is_not_used(person: Person, tmp_path: Path) -> None:
    packages = tmp_path / "old"
    install = ["pip", "install", "--quiet", "--target", str(packages), "uv==0.4.20"]
    subprocess.run([find_uv_bin(), *install], check=True)
    commands = tmp_path / "bin"
    (commands / "uv").unlink()
    (commands / "uv").symlink_to(packages / "bin" / "uv")
    result = person.cookiecutter("run_suite=no")
    assert "-m venv .venv\n" in result.stdout
    assert "uv" not in result.stdout


def test_other_environment_is_left_alone(person: Person, tmp_path: Path) -> None:
    conda = tmp_path / "conda"
    subprocess.run([find_uv_bin(), "venv", "--quiet", str(conda)], check=True)
    before = {path: path.lstat().st_mtime_ns for path in conda.rglob("*")}
    result = person.cookiecutter(
        *SMALL,
        CONDA_PREFIX=str(conda),
        CONDA_DEFAULT_ENV="base",
        VIRTUAL_ENV=str(conda),
        UV_PROJECT_ENVIRONMENT=str(conda),
        PATH=os.pathsep.join([str(conda / "bin"), person.environment["PATH"]]),
    )
    assert_green(result)
    assert (person.work / SLUG / ".venv" / "pyvenv.cfg").is_file()
    assert {path: path.lstat().st_mtime_ns for path in conda.rglob("*")} == before


# Places


def test_repository_around_is_left_alone(person: Person) -> None:
    spoilers = {
        "conftest.py": "raise SystemExit('the conftest around')\n",
        "pytest.ini": "[pytest]\naddopts = --bogus\n",
        "setup.cfg": "[tool:pytest]\naddopts = --bogus\n",
        "ruff.toml": "line-length = 10\n",
    }
    for name, text in spoilers.items():
        (person.work / name).write_text(text, encoding="utf-8")
    person.commit(person.work)
    assert_green(person.cookiecutter(*SMALL))
    status = person.run("git", "status", "--porcelain", "--untracked-files=all").stdout
    assert {line[: 4 + len(SLUG)] for line in status.splitlines()} == {f"?? {SLUG}/"}
    assert ".venv" not in status


def test_nonsense_around_is_left_to_uv(person: Person) -> None:
    (person.work / "pyproject.toml").write_text("tool = 'not a table'\n", encoding="utf-8")
    result = person.cookiecutter("run_suite=no")
    assert result.returncode == 0, result.stderr
    assert "\n  uv sync --group dev\n" in result.stdout


@posix
@pytest.mark.parametrize(
    "command", [["env", "-u", "HOME"], ["sh", "-c", '"$@" <&-', "sh"]], ids=["no home", "no stdin"]
)
def test_green_without(person: Person, tmp_path: Path, command: list[str]) -> None:
    config = tmp_path / "config.yaml"  # or cookiecutter would look into the real home
    config.write_text(f"replay_dir: {tmp_path}\ncookiecutters_dir: {tmp_path}\n", encoding="utf-8")
    result = person.run(
        *command,
        *cookiecutter_command(),
        "--no-input",
        *SMALL,
        COOKIECUTTER_CONFIG=str(config),
    )
    assert_green(result)
    assert_tidy(person)


# Folders with somebody's work


@pytest.fixture
def worked_on(person: Person) -> Path:
    """Return a project with work in it that is an hour old."""
    result = person.cookiecutter(*SMALL, "run_suite=no")
    assert result.returncode == 0, result.stderr
    project = person.work / SLUG
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


def test_green_over_work_keeps_it(person: Person, worked_on: Path) -> None:
    assert_green(person.cookiecutter("--overwrite-if-exists", *SMALL))
    assert_kept(worked_on)


def test_environment_that_was_there_outlives_a_failed_installation(
    person: Person, worked_on: Path, tmp_path: Path
) -> None:
    subprocess.run([find_uv_bin(), "venv", "--quiet", str(worked_on / ".venv")], check=True)
    (worked_on / ".venv" / "mine").touch()
    with Index(breaks_at="pytest") as index:
        environment = index.environment(tmp_path / "cache")
        result = person.cookiecutter("--overwrite-if-exists", *SMALL, **environment)
    assert "\nNOT VERIFIED: " in result.stdout
    assert (worked_on / ".venv" / "mine").is_file()
    assert not (worked_on / "uv.lock").exists()
    assert_kept(worked_on)


def test_red_over_work_keeps_it_and_says_so(
    person: Person, worked_on: Path, template: Path
) -> None:
    broken = "def test_breaks() -> None:\n    raise AssertionError\n"
    (suite_of(template) / "test_broken.py").write_text(broken, encoding="utf-8")
    result = person.cookiecutter("--overwrite-if-exists", *SMALL, template=template)
    assert result.returncode == 1
    assert "\nRED: 1 failed, " in result.stdout
    assert "The folder was there before, so it stays" in result.stdout
    assert "handed over" not in result.stdout
    assert names_in(person.work) == {SLUG}
    assert_kept(worked_on)


def test_name_clash_over_work_keeps_it(person: Person) -> None:
    folder = person.work / "httpx2"
    folder.mkdir()
    (folder / "mine").touch()
    result = person.cookiecutter("--overwrite-if-exists", "project_slug=httpx2")
    assert result.returncode == 1
    assert "No usable project was made:" in result.stderr
    assert (folder / "mine").is_file()


# Other ways to call cookiecutter


def test_without_hooks_files_are_written_and_nothing_is_done(person: Person) -> None:
    result = person.cookiecutter("--accept-hooks", "no", *SMALL)
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    assert names_in(person.work / SLUG).isdisjoint({".venv", "uv.lock"})


@pytest.mark.parametrize("by_file", [False, True], ids=["replay", "replay file"])
def test_replay_makes_same_project(person: Person, by_file: bool) -> None:
    first = person.cookiecutter(*SMALL, 'project_name=It\'s "so" \\ é', "run_suite=no")
    assert first.returncode == 0, first.stderr
    (replayed,) = (person.home / ".cookiecutter_replay").iterdir()
    how = ["--replay-file", str(replayed)] if by_file else ["--replay"]
    again = person.run(*cookiecutter_command(), *how, "--output-dir", "again")
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith("\nThe suite has not run")
    (slug,) = names_in(person.work) - {"again"}
    assert generated_files(person.work / slug) == generated_files(person.work / "again" / slug)
