"""The template on the command line, as a user with a home directory of their own."""

import io
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pexpect
from uv import find_uv_bin

from helpers.projects import TEMPLATE

PARTS = (
    "cookiecutter.json",
    *(path.name for path in TEMPLATE.glob("async_pytest_template_*.py")),
    "adopt",
    "hooks",
    "templates",
    "{{cookiecutter.project_slug}}",
)

# What running a suite leaves in a project, and git and cruft for themselves.
NOT_GENERATED = {".venv", "uv.lock", ".git", ".cruft.json", "__pycache__", ".pytest_cache"}

SLUG = "my-async-project"  # with default answers
SMALL = ("database=none", "http_client=none")

Result = subprocess.CompletedProcess[str]


class User:
    """A user at a shell, whose home, temporary folder and work all lie in one folder.

    Only the caches of uv and pip are the real ones, so that nothing is downloaded twice.
    """

    def __init__(self, root: Path, *, uv: bool = True) -> None:
        self.home, self.temporary, self.work = root / "home", root / "tmp", root / "work"
        commands = root / "bin"
        for folder in (self.home, self.temporary, self.work, commands):
            folder.mkdir()
        (commands / "git").symlink_to(shutil.which("git") or "git")
        if uv:
            (commands / "uv").symlink_to(find_uv_bin())
        folders = os.environ["PATH"].split(os.pathsep)
        without_uv = [folder for folder in folders if not Path(folder, "uv").exists()]
        dropped = (
            "COOKIECUTTER_CONFIG",
            "FORCE_COLOR",
            "PY_COLORS",
            "PYTHONDONTWRITEBYTECODE",
            "XDG_CONFIG_HOME",
        )
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in dropped},
            "HOME": str(self.home),
            "USERPROFILE": str(self.home),
            "TMPDIR": str(self.temporary),
            "PATH": os.pathsep.join([str(commands), *without_uv]),
            "NO_COLOR": "1",
            "TERM": "dumb",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Nobody",
            "GIT_AUTHOR_EMAIL": "nobody@example.com",
            "GIT_COMMITTER_NAME": "Nobody",
            "GIT_COMMITTER_EMAIL": "nobody@example.com",
            **shared_caches(),
        }

    def run(self, *command: str | Path, cwd: Path | None = None, **environment: str) -> Result:
        """Run a command in the folder of the work, or in another one."""
        return subprocess.run(
            command,
            cwd=cwd or self.work,
            env={**self.environment, "PWD": str(cwd or self.work), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    def cookiecutter(
        self, *answers: str, template: Path = TEMPLATE, cwd: Path | None = None, **environment: str
    ) -> Result:
        """Generate a project without prompts."""
        command = (*cookiecutter_command(template), "--no-input")
        return self.run(*command, *answers, cwd=cwd, **environment)

    def cookiecutter_in_terminal(
        self, *answers: str, template: Path = TEMPLATE, **environment: str
    ) -> "tuple[pexpect.spawn[str], io.StringIO]":
        """Start generating a project in a terminal, and return that and its screen."""
        command = (*cookiecutter_command(template), "--no-input", *answers)
        return self.in_terminal(*command, cwd=self.work, **environment)

    def in_terminal(
        self, *command: str | Path, cwd: Path | None = None, **environment: str
    ) -> "tuple[pexpect.spawn[str], io.StringIO]":
        """Start a command in a terminal, and return that and its screen.

        A shell with a trap keeps the terminal open when its command is interrupted.
        """
        shell = pexpect.spawn(
            "sh",
            ["-c", 'trap : INT; "$@"; cat', "sh", *map(str, command)],
            cwd=cwd or self.work,
            env={**self.environment, **environment},
            encoding="utf-8",
            timeout=60,
        )
        shell.logfile_read = screen = io.StringIO()
        return shell, screen

    def cruft(self, *arguments: str | Path, cwd: Path | None = None, **environment: str) -> Result:
        """Run cruft."""
        return self.run(sys.executable, "-m", "cruft", *arguments, cwd=cwd, **environment)

    def commit(self, repository: Path) -> None:
        """Commit everything in a folder, which becomes a repository if it is not one."""
        for command in (
            ["init", "-q"],
            ["add", "--all"],
            ["commit", "-q", "--allow-empty", "-m", "All"],
        ):
            self.run("git", *command, cwd=repository).check_returncode()


def cookiecutter_command(template: Path = TEMPLATE) -> list[str]:
    """Return the command that generates a project."""
    return [sys.executable, "-m", "cookiecutter", str(template)]


@cache
def shared_caches() -> dict[str, str]:
    """Return the variables that point to the real caches from another home."""

    def ask_uv(*question: str) -> str:
        return subprocess.check_output([find_uv_bin(), *question], encoding="utf-8").strip()

    caches = {
        "UV_CACHE_DIR": ask_uv("cache", "dir"),
        "UV_PYTHON_INSTALL_DIR": ask_uv("python", "dir"),
    }
    pip = Path(os.environ.get("PIP_CACHE_DIR", Path.home() / ".cache" / "pip"))
    return {**caches, "PIP_CACHE_DIR": str(pip)} if pip.exists() else caches


def copy_of_template(folder: Path) -> Path:
    """Copy the template, for a test that changes it."""
    folder.mkdir()
    for part in PARTS:
        source, target = TEMPLATE / part, folder / part
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return folder


def suite_of(template: Path) -> Path:
    """Return the folder of the tests that a template generates."""
    return template / PARTS[-1] / "tests"


def generated_files(project: Path) -> dict[str, bytes]:
    """Return every file of a project that comes from the template, with its content."""
    return {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in project.rglob("*")
        if path.is_file() and NOT_GENERATED.isdisjoint(path.relative_to(project).parts)
    }


def names_in(folder: Path) -> set[str]:
    """Return the names of everything in a folder."""
    return {path.name for path in folder.iterdir()}


def assert_green(result: Result, project: Path) -> None:
    assert result.returncode == 0, result.stderr
    assert re.search(r"^GREEN: [1-9]\d* passed; ", result.stdout, re.MULTILINE), result.stdout
    assert (project / ".venv" / "pyvenv.cfg").is_file()


def assert_not_verified(result: Result, project: Path) -> None:
    assert result.returncode == 0, result.stderr
    assert "The project was created, but its suite did not run. To verify it:" in result.stdout
    assert "Traceback" not in result.stderr
    assert "\nNOT VERIFIED: " in result.stdout
    assert (project / "tests").is_dir()
    assert names_in(project).isdisjoint({".venv", "uv.lock"})
