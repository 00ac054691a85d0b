"""After generation: who is calling -> environment -> suite -> what happened and what to do next.

A status other than 0 makes cookiecutter remove the project, so that is kept for a project that is
wrong. One that merely could not be verified stays. Nothing here rewrites or prunes a file.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterator

# JSON escapes every quote within a string, so no answer can end this literal.
ANSWERS = r"""{{ cookiecutter | tojson }}"""

SWITCH = "ASYNC_PYTEST_TEMPLATE_RUN_SUITE"  # `no`: for whoever generates many projects
PYTHON = os.path.join(".venv", "Scripts" if os.name == "nt" else "bin", "python")
TERMINAL = sys.stdout is not None and sys.stdout.isatty()  # None: somebody has closed it
COLOURS = TERMINAL and os.name != "nt" and not os.environ.get("NO_COLOR")

# What would make uv, pip or pytest work elsewhere or otherwise than for a person who types the
# same command in a fresh terminal. Indexes, proxies, certificates and caches stay.
LEAKS = re.compile(
    "VIRTUAL_ENV|CONDA_|PYTEST_|COVERAGE_|COV_CORE_"
    "|PYTHON(PATH|HOME|SAFEPATH|OPTIMIZE|WARNINGS|DEVMODE|ASYNCIODEBUG)"
    "|PIP_(USER|TARGET|PREFIX|ROOT|PYTHON|NO_DEPS|DRY_RUN|REPORT)"
    "|UV_(PROJECT|WORKING_DIR|SYSTEM_PYTHON|FROZEN|LOCKED|ISOLATED|VENV_|ENV_FILE|DRY_RUN"
    "|NO_(DEV|GROUP|DEFAULT_GROUPS|EDITABLE|SYNC|INSTALL_)|ONLY_INSTALL_)"
)


BEGAN = time.time()
LITTLE = 1_000_000  # bytes; a disk with less is as good as full

NO_SERVER = 69  # the exit status of a generated suite that finds no server


class NotVerifiedError(Exception):
    """The suite could not run; the text says why."""


class Recipe(NamedTuple):
    """The commands of this machine, for the hook and for a person."""

    environment: list[list[str]]
    suite: list[str]


def main() -> int:
    """Do all of it and return the exit status."""
    answers = json.loads(ANSWERS)
    if is_scratch_of_cruft(answers):
        return 0
    if isinstance(sys.stdout, io.TextIOWrapper):  # a path may hold what a console cannot print
        sys.stdout.reconfigure(errors="backslashreplace")
    if clashes := name_clashes(answers):
        print("\nNo usable project was made:\n", *clashes, "", sep="\n", file=sys.stderr)
        return 1
    recipe = find_recipe(answers["python_version"])
    if "no" in (answers["run_suite"], os.environ.get(SWITCH, "").lower()):
        say("The suite has not run, as you asked. To run it:", [*recipe.environment, recipe.suite])
        return 0
    try:
        seconds = make_environment(recipe)
        green, result = run_suite()
    except (NotVerifiedError, OSError, KeyboardInterrupt) as error:
        # Ctrl-C counts as well: what is on disk is a whole project, and someone may want it.
        why = str(error) or "it was interrupted"
        say(
            f"{bold('NOT VERIFIED')}: {why}.",
            "The project is there, but its suite has not run. To verify it:",
            [*recipe.environment, recipe.suite],
        )
        return 0
    if not green:
        report_red(result, recipe)
        return 1
    say(
        f"{bold('GREEN', '32')}: {result}, the environment {seconds:.1f} s.",
        "To run it again, and in parallel:",
        [recipe.suite, [*recipe.suite, "-n", "auto"]],
        "README.md says the rest.",
    )
    return 0


# Who is calling


def is_scratch_of_cruft(answers: dict[str, str]) -> bool:
    """Whether `cruft diff` or `cruft update` made this project, only to compare it.

    Only cruft says `_commit` and no `_output_dir`. What it compares lies directly in a folder of
    `tempfile`; a person's own `cruft create` may be anywhere else below the temporary folder.
    """
    scratch = Path.cwd().resolve().parent
    return (
        "_commit" in answers
        and "_output_dir" not in answers
        and scratch.parent == Path(tempfile.gettempdir()).resolve()
        and re.fullmatch(r"tmp[a-z0-9_]{8}", scratch.name) is not None
    )


def name_clashes(answers: dict[str, str]) -> list[str]:
    """Name the answers that are also the name of a declared dependency."""
    pyproject = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    groups = [pyproject["project"]["dependencies"], *pyproject["dependency-groups"].values()]
    requirements = [entry for group in groups for entry in group if isinstance(entry, str)]
    declared = {normal(re.split(r"[^\w.-]", requirement)[0]) for requirement in requirements}
    return [
        f"  {prompt}: {answers[prompt]!r} is a package that the project depends on; "
        f"use another name, such as my{joint}{answers[prompt]}."
        for prompt, joint in (("project_slug", "-"), ("package_name", "_"))
        if normal(answers[prompt]) in declared
    ]


def normal(name: str) -> str:
    """Return a name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


# Environment


def find_recipe(oldest_python: str) -> Recipe:
    """Choose between uv and pip."""
    if not works(["uv", "sync", "--group", "dev", "--help"]):  # missing, or too old for groups
        install = [PYTHON, "-m", "pip", "install"]
        return Recipe(
            [
                [*find_python(oldest_python), "-m", "venv", ".venv"],
                [*install, "pip>=25.1"],  # the first that knows groups; Python 3.11 brings 23
                [*install, "--editable", ".", "--group", "dev"],
            ],
            [PYTHON, "-m", "pytest"],
        )
    if inside_uv_workspace():  # `uv sync` would write into the workspace, which is not ours
        venv = ["uv", "venv", "--no-project", "--allow-existing"]
        return Recipe(
            [
                [*venv, "--python", f">={oldest_python}"],
                ["uv", "pip", "install", "--python", ".venv", "--editable", ".", "--group", "dev"],
            ],
            [PYTHON, "-m", "pytest"],
        )
    return Recipe([["uv", "sync", "--group", "dev"]], ["uv", "run", "pytest"])


def inside_uv_workspace() -> bool:
    """Whether a folder above is the root of a workspace."""
    for folder in Path.cwd().parents:
        with contextlib.suppress(OSError, ValueError, AttributeError, TypeError):
            pyproject = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
            if "workspace" in pyproject.get("tool", {}).get("uv", {}):
                return True
    return False


def find_python(oldest: str) -> list[str]:
    """Return the command of a Python that is new enough, or of the one that is missing."""
    wanted = tuple(int(number) for number in oldest.split("."))
    if sys.version_info >= wanted:
        return [sys.executable]
    minors = range(wanted[1], wanted[1] + 5)
    by_version = [["py", f"-3.{n}"] if os.name == "nt" else [f"python3.{n}"] for n in minors]
    check = ["-c", f"import sys; sys.exit(sys.version_info < {wanted})"]
    candidates = (*by_version, ["python3"], ["python"])
    return next((python for python in candidates if works([*python, *check])), by_version[0])


def works(command: list[str]) -> bool:
    """Whether a command ends well; a shim of pyenv, for one, is there and fails."""
    with contextlib.suppress(NotVerifiedError), started(command, DEVNULL) as process:
        return process.wait() == 0
    return False


def make_environment(recipe: Recipe) -> float:
    """Make the environment and return the seconds; one only half made is removed again."""
    new = [path for path in (Path(".venv"), Path("uv.lock")) if not path.exists()]
    began = time.monotonic()
    print(flush=True)
    try:
        for command in recipe.environment:
            run_step(command)
    except BaseException:
        for path in new:
            shutil.rmtree(path, ignore_errors=True)
            with contextlib.suppress(OSError):
                path.unlink()
        raise
    return time.monotonic() - began


def run_step(command: list[str]) -> None:
    """Show a command, on a terminal the last line it printed, and how long it took."""
    title = f"  environment  {typed([Path(command[0]).name, *command[1:]])} "
    began, output = time.monotonic(), []
    print(title, end="\r" if TERMINAL else "", flush=True)
    with started(command, stdout=PIPE) as process:
        for line in process.stdout or ():
            output.append(line)
            if TERMINAL:
                width = shutil.get_terminal_size().columns - 1
                print(f"{title}{line.strip()}"[:width].ljust(width), end="\r", flush=True)
    result = "failed" if process.returncode else f"{time.monotonic() - began:.1f} s"
    ending = f"{'.' * (63 - len(title))} {result}"
    print(f"{title}{ending}".ljust(79) if TERMINAL else ending, flush=True)
    if process.returncode:
        print(*output, sep="", end="", flush=True)
        message = f"'{typed(command)}' failed, see above"
        raise NotVerifiedError(message)


# Suite


def run_suite() -> tuple[bool, str]:
    """Run the suite, shown as it runs, and return whether it is green and what it came to."""
    command = [PYTHON, "-m", "pytest"]
    print(f"  suite        {typed(command)}", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        report = Path(folder, "counts.xml")
        # Quiet, because pytest would name the report; but with the files that it goes through.
        quiet = ["-q", "--override-ini=verbosity_test_cases=0", f"--junit-xml={report}"]
        with started([*command, *quiet], None if sys.stdout else DEVNULL) as process:
            process.wait()
        counts = read_counts(report)
    if process.returncode == NO_SERVER:
        raise NotVerifiedError("the tests have no server to use, see above")
    for place in (Path.cwd(), tempfile.gettempdir()):
        if process.returncode and shutil.disk_usage(place).free < LITTLE:
            message = f"no space is left in {place}"
            raise NotVerifiedError(message)
    result = ", ".join(f"{number} {what}" for what, number in counts.items() if number)
    result = f"{result or 'no test ran'}; the suite took {time.monotonic() - began:.1f} s"
    return process.returncode == 0 and counts.get("passed", 0) > 0, result


def read_counts(report: Path) -> dict[str, int]:
    """Return how many tests passed, failed and so on; nothing if pytest could not even say so."""
    try:
        (suite,) = ET.parse(report).getroot()
    except (OSError, ET.ParseError):
        return {}
    keys = ("tests", "failures", "errors", "skipped")
    tests, failed, errors, skipped = (int(suite.attrib[key]) for key in keys)
    passed = tests - failed - errors - skipped
    return {"failed": failed, "errors": errors, "passed": passed, "skipped": skipped}


@contextlib.contextmanager
def started(command: list[str], stdout: int | None = None) -> Iterator[subprocess.Popen[str]]:
    """Start a command in a clean environment; it has ended when the block is left."""
    program = shutil.which(command[0]) or command[0]
    try:
        process = subprocess.Popen(
            [program, *command[1:]],
            env=clean_environment(),
            stdin=DEVNULL,
            stdout=stdout,
            stderr=stdout and STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        message = f"{command[0]} is needed and cannot be started ({error.strerror})"
        raise NotVerifiedError(message) from error
    with process:
        try:
            yield process
        except BaseException:
            # Ctrl-C has reached it too: let it stop what it has started itself.
            with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
                process.wait(timeout=10)
            process.kill()
            raise


def clean_environment() -> dict[str, str]:
    """Return the caller's environment without what would lead the commands elsewhere."""
    return {name: value for name, value in os.environ.items() if not LEAKS.match(name)}


# What happened and what to do next


def report_red(result: str, recipe: Recipe) -> None:
    """Say that the suite failed, and where the project or a copy of it is."""
    if was_there_before():
        say(
            f"{bold('RED', '31')}: {result}.",
            "The folder was there before, so it stays, with the new files in it. To look into it:",
            [*recipe.environment, recipe.suite],
            "What follows is only how a generator says that it has not succeeded.",
        )
        return
    try:
        aside = keep_aside()
    except (OSError, shutil.Error) as error:
        say(f"{bold('RED', '31')}: {result}. No copy of the project could be kept: {error}")
        return
    say(
        f"{bold('RED', '31')}: {result}.",
        "A project that fails its own suite is not handed over. For you to look into, a copy:",
        [*recipe.environment, recipe.suite],
        "If nothing on this machine explains it, please report the output above.\n"
        "What follows is only how a generator says that it removes the project.",
        project=aside,
    )


def was_there_before() -> bool:
    """Whether the folder holds anything older than what was just written: a generator keeps it."""
    return any(BEGAN - path.lstat().st_mtime > 60 for path in Path().iterdir())


def keep_aside() -> Path:
    """Copy the project beside itself, without its environment, and return the copy."""
    project = Path.cwd()
    names = itertools.chain([".failed"], (f".failed-{number}" for number in itertools.count(2)))
    aside = next(
        path for name in names if not (path := project.with_name(project.name + name)).exists()
    )
    leave_out = shutil.ignore_patterns(".venv", ".git", "__pycache__", ".*_cache")
    return shutil.copytree(project, aside, symlinks=True, ignore=leave_out)


def say(*parts: str | list[list[str]], project: Path | None = None) -> None:
    """Print sentences, and commands to type in the project."""
    for part in parts:
        if isinstance(part, str):
            print(f"\n{part}")
        else:
            print(f"  {typed(['cd', where(project or Path.cwd())])}")
            print(*(f"  {typed(command)}" for command in part), sep="\n")
    print(flush=True)


def where(folder: Path) -> str:
    """Return the shortest path that works where the person is, as far as the shell has told."""
    here = os.environ.get("PWD", "")
    return str(folder.relative_to(here) if here and folder.is_relative_to(here) else folder)


def typed(command: list[str]) -> str:
    """Return a command as a person types it."""
    if os.name != "nt":
        return shlex.join(command)
    return " ".join(f'"{word}"' if re.search(r"[^\w.:\\-]", word) else word for word in command)


def bold(text: str, colour: str = "33") -> str:
    """Return the text in bold and in a colour where that can be seen."""
    return f"\033[1;{colour}m{text}\033[0m" if COLOURS else text


if __name__ == "__main__":
    try:
        status = main()
    except BrokenPipeError:  # nobody reads on, as in `cookiecutter ... | head`: keep the project
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except KeyboardInterrupt:  # before there was anything to verify: the files are whole
        status = 0
    sys.exit(status)
