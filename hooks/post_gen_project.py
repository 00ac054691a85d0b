"""After generation: who is calling -> environment -> suite -> what happened and what to do next.

A status other than 0 makes cookiecutter remove the project, so that is kept for a project whose
tests fail. One that merely could not be verified stays. Nothing here rewrites or prunes a file.

The suite runs in the Python of the project, in this same file: see `record_suite`.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import itertools
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections import Counter
from functools import partial
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# JSON escapes every quote within a string, so no answer can end this literal.
ANSWERS = r"""{{ cookiecutter | tojson }}"""

SWITCH = "ASYNC_PYTEST_TEMPLATE_RUN_SUITE"  # `no`: for machines that generate many projects
PYTHON = os.path.join(".venv", "Scripts" if os.name == "nt" else "bin", "python")
TERMINAL = sys.stdout is not None and sys.stdout.isatty()  # None: somebody has closed it
COLOURS = TERMINAL and os.name != "nt" and not os.environ.get("NO_COLOR")

# What would make uv, pip or pytest work elsewhere or otherwise than for a person who types the
# same command in a fresh terminal. Indexes, proxies, certificates and caches stay.
LEAKS = re.compile(
    "VIRTUAL_ENV|CONDA_|PYTEST_|COVERAGE_|COV_CORE_|PYTHON"
    "|PIP_(USER|TARGET|PREFIX|ROOT|PYTHON|NO_DEPS|DRY_RUN|REPORT)"
    "|UV_(PROJECT|WORKING_DIR|SYSTEM_PYTHON|FROZEN|LOCKED|ISOLATED|VENV_|ENV_FILE|DRY_RUN"
    "|NO_(DEV|GROUP|DEFAULT_GROUPS|EDITABLE|SYNC|INSTALL_)|ONLY_INSTALL_)"
)
# What a program needs to run at all, and the servers of the tests.
ESSENTIAL = re.compile(
    "(PATH|HOME|USER|LOGNAME|LANG|TMPDIR|TEMP|TMP|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|TEST_.*_URL"
    "|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|USERPROFILE|APPDATA|LOCALAPPDATA)$"
)

# Large packages, those first that a suite imports last.
COMPILE_AHEAD = """
from contextlib import suppress
from importlib import import_module

for name in (
    "sqlalchemy.ext.asyncio",
    "alembic.config",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "redis.asyncio",
    "pydantic_settings",
    "pydantic.v1",
    "fastapi.telemetry",
    "websockets.asyncio.server",
    "aiohttp.web",
):
    with suppress(ImportError):
        import_module(name)
"""

NO_SERVER = 69  # the exit status of a generated suite that finds no server

# Errors of the system that say what a machine lacks. Those that the code of a project may well
# cause itself, such as a file that does not exist or a refused connection, are not among them.
LACKS = frozenset(
    """EACCES EADDRNOTAVAIL EAFNOSUPPORT EDQUOT EIO EMFILE ENETDOWN ENETUNREACH ENFILE ENOBUFS
    ENOEXEC ENOMEM ENOSPC ENOSYS EPERM EPROTONOSUPPORT EROFS""".split()  # noqa: SIM905
)


class NotVerifiedError(Exception):
    """The suite could not run; the text says why."""


class Recipe(NamedTuple):
    """The commands of this machine, for the hook and for a person."""

    environment: list[list[str]]
    suite: list[str]


def main() -> int:
    """Do all of it and return the exit status."""
    answers = json.loads(ANSWERS)
    was_there = was_there_before()
    remove_empty_folders(answers["package_name"])
    if is_scratch_of_cruft(answers):
        return 0
    if isinstance(sys.stdout, io.TextIOWrapper):  # a path may hold what a console cannot print
        sys.stdout.reconfigure(errors="backslashreplace")
    oldest_python = answers["python_version"]
    recipe = find_recipe(oldest_python)
    if not answers["run_suite"] or os.environ.get(SWITCH, "").lower() == "no":
        say("The suite was not run, as requested. To run it:", [*recipe.environment, recipe.suite])
        return 0
    state = "The project was created, but its suite did not run. To verify it:"
    try:
        seconds = make_environment(recipe, oldest_python)
        state = "The project was created. Once the cause is removed, verify it:"
        result = run_suite()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - none is the project's fault
        # Ctrl-C counts as well: what is on disk is a whole project, and someone may want it.
        say(
            f"{bold('NOT VERIFIED')}: {reason_of(error)}.",
            state,
            [*recipe.environment, recipe.suite],
        )
        return 0
    if result.failed:
        report_red(str(result), recipe, was_there=was_there)
        return 1
    say(
        f"{bold('GREEN', '32')}: {result}, the environment {seconds:.1f} s.",
        "To run it again, and in parallel:",
        [recipe.suite, [*recipe.suite, "-n", "auto"]],
        "See README.md and tests/README.md"
        + ("; EXAMPLE.md removes the example." if Path("EXAMPLE.md").exists() else "."),
    )
    return 0


def reason_of(error: BaseException) -> str:
    """Explain why the suite has no verdict."""
    if isinstance(error, KeyboardInterrupt):
        return "generation was interrupted"
    if isinstance(error, NotVerifiedError | OSError):
        return str(error).rstrip(".")
    return f"the hook of the template has failed; please report {error!r}"


# Who is calling


def remove_empty_folders(package: str) -> None:
    """Remove the folders of files that these answers leave out: cookiecutter makes all folders."""
    migrations = Path("src", package, "migrations")
    for folder in (migrations / "versions", migrations):
        with contextlib.suppress(OSError):  # it is not empty
            folder.rmdir()


def is_scratch_of_cruft(answers: dict[str, Any]) -> bool:
    """Whether `cruft diff` or `cruft update` made this project, only to compare it.

    Only cruft says no `_output_dir`. What it compares lies directly in a folder of `tempfile`; a
    person's own `cruft create` may be anywhere else below the temporary folder.
    """
    scratch = Path.cwd().resolve().parent
    return (
        "_output_dir" not in answers
        and scratch.parent == Path(tempfile.gettempdir()).resolve()
        and re.fullmatch(r"tmp[a-z0-9_]{8}", scratch.name) is not None
    )


def was_there_before() -> bool:
    """Whether the folder held something before generation, as the first hook has noted."""
    folder = hashlib.sha256(os.fsencode(Path.cwd())).hexdigest()[:16]
    note = Path(tempfile.gettempdir(), f"async-pytest-template-{folder}")
    with contextlib.suppress(OSError):
        note.unlink()
        return True
    return False


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


def missing_python(oldest: str) -> str:
    """Say which Pythons there are, if none is new enough."""
    if works(["uv", "python", "find", "--no-python-downloads", f">={oldest}"]):
        return ""
    uv = ["uv", "python", "list", "--only-installed", "--output-format", "json"]
    if listed := output_of(uv):
        found = {one["version"] for one in json.loads(listed)}
    elif works([*find_python(oldest), "--version"]):
        return ""
    else:
        minors = range(int(oldest.split(".")[1]))
        named = [["py", f"-3.{n}"] if os.name == "nt" else [f"python3.{n}"] for n in minors]
        show = ["-c", "import platform; print(platform.python_version())"]
        commands = ([sys.executable], *named, ["python3"], ["python"])
        found = {output_of([*command, *show]).strip() for command in commands} - {""}
    by_age = sorted(found, key=lambda version: [int(n) for n in re.findall(r"\d+", version)])
    others = f", only {', '.join(by_age)}" if by_age else ""
    return f"no Python {oldest} or newer was found{others}; install one"


def works(command: list[str]) -> bool:
    """Whether a command ends well; a shim of pyenv, for one, is there and fails."""
    with contextlib.suppress(NotVerifiedError), started(command, DEVNULL, STDOUT) as process:
        return process.wait() == 0
    return False


def output_of(command: list[str]) -> str:
    """Return what a command prints, or nothing if it fails."""
    with contextlib.suppress(NotVerifiedError), started(command, PIPE, DEVNULL) as process:
        output, _ = process.communicate()
        return output if process.returncode == 0 else ""
    return ""


def make_environment(recipe: Recipe, oldest_python: str) -> float:
    """Make the environment and return the seconds; one only half made is removed again."""
    new = [path for path in (Path(".venv"), Path("uv.lock")) if not path.exists()]
    began = time.monotonic()
    print(flush=True)
    try:
        for command in recipe.environment:
            run_step(command)
    except BaseException as error:
        for path in new:
            shutil.rmtree(path, ignore_errors=True)
            with contextlib.suppress(OSError):
                path.unlink()
        if isinstance(error, NotVerifiedError) and (missing := missing_python(oldest_python)):
            raise NotVerifiedError(missing) from error
        raise
    return time.monotonic() - began


def run_step(command: list[str]) -> None:
    """Show a command, on a terminal the last line it printed, and how long it took."""
    title = f"  environment  {typed([Path(command[0]).name, *command[1:]])} "
    began, output = time.monotonic(), []
    print(title, end="\r" if TERMINAL else "", flush=True)
    with started(command, PIPE, STDOUT) as process:
        for line in process.stdout or ():
            output.append(line)
            if TERMINAL:
                print(f"{title}{line.strip()}"[: columns()].ljust(columns()), end="\r", flush=True)
    result = "failed" if process.returncode else f"{time.monotonic() - began:.1f} s"
    ending = f"{'.' * (63 - len(title))} {result}"
    print(f"{title}{ending}".ljust(columns()) if TERMINAL else ending, flush=True)
    if process.returncode:
        print(*output, sep="", end="", flush=True)
        message = f"'{typed(command)}' failed, see above"
        raise NotVerifiedError(message)


def columns() -> int:
    """Return how much of a line of the terminal can be written over."""
    return shutil.get_terminal_size().columns - 1


# Suite


class Result(NamedTuple):
    """What the tests of a project came to."""

    counts: Counter[str]
    seconds: float

    @property
    def failed(self) -> bool:
        """Whether a test has failed, or could not be set up, torn down or collected."""
        return self.counts["failed"] > 0

    def __str__(self) -> str:
        order = ("failed", "passed", "skipped")
        counts = ", ".join(f"{self.counts[what]} {what}" for what in order if self.counts[what])
        return f"{counts}; the suite took {self.seconds:.1f} s"


def run_suite() -> Result:
    """Run the suite, shown as it runs; unless its tests have passed or failed, say why not."""
    print(f"  suite        {typed([PYTHON, '-m', 'pytest'])}", flush=True)
    began = time.monotonic()
    # A new environment holds no bytecode: make some of it on another core, at the same time.
    with started([PYTHON, "-c", COMPILE_AHEAD], DEVNULL, DEVNULL):
        status, entries = recorded_suite(clean_environment(), None if sys.stdout else DEVNULL)
    seconds = time.monotonic() - began
    outcomes = {entry["test"]: entry["outcome"] for entry in entries if "outcome" in entry}
    reasons = {entry["test"]: entry["reason"] for entry in entries if "reason" in entry}
    if status == 1:  # a test that ended the whole process has failed as well
        outcomes = {test: "failed" if out == "started" else out for test, out in outcomes.items()}
    result = Result(Counter(outcomes.values()), seconds)
    failed = [test for test, outcome in outcomes.items() if outcome == "failed"]
    if status == 0 and result.counts["passed"]:
        return result
    if failed and all(test in reasons for test in failed):
        message = f"this machine cannot run the tests: {reasons[failed[0]]}"
    elif status == NO_SERVER:
        message = "the tests have no server to use, see above"
    elif not failed and status in (0, 5):
        message = "no test ran"
    elif not failed and status < 0:
        message = f"the suite was killed by {signal.Signals(-status).name}"
    elif not failed:
        message = f"no test failed, but pytest ended with status {status}, see above"
    elif recorded_suite(essential_environment(), DEVNULL)[0] == 0:
        message = "the tests fail only with the environment variables of this shell, see above"
    else:
        return result
    raise NotVerifiedError(message)


def recorded_suite(
    environment: Mapping[str, str], stdout: int | None
) -> tuple[int, list[dict[str, str]]]:
    """Run the suite in the Python of the project; return its status and what was recorded."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        record = Path(folder, "record")
        command = [PYTHON, "-P", __file__, str(record)]
        with started(command, stdout, stdout and STDOUT, environment) as process:
            process.wait()
        lines = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
    entries = []
    for line in lines:
        with contextlib.suppress(ValueError):  # half a line, if it was killed or the disk is full
            entries.append(json.loads(line))
    return process.returncode, entries


def record_suite(path: str) -> int:
    """Run pytest in this process, and write down each outcome and what the machine lacks.

    It is written at once, because a suite may be killed.
    """
    import pytest

    class Recorder:
        def __init__(self, record: TextIO) -> None:
            self.record = record

        def note(self, test: str, **what: str) -> None:
            print(json.dumps({"test": test, **what}), file=self.record, flush=True)

        def note_reason(self, test: str, error: BaseException) -> None:
            if reason := lack_of_machine(error):
                self.note(test, reason=reason)

        def pytest_runtest_logstart(self, nodeid: str) -> None:
            self.note(nodeid, outcome="started")

        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            if report.when == "call" or not report.passed:
                self.note(report.nodeid, outcome=report.outcome)

        def pytest_collectreport(self, report: pytest.CollectReport) -> None:
            if report.failed:
                self.note(report.nodeid, outcome="failed")

        def pytest_exception_interact(
            self, call: pytest.CallInfo[Any], report: pytest.TestReport | pytest.CollectReport
        ) -> None:
            if call.excinfo is not None:
                self.note_reason(report.nodeid, call.excinfo.value)

        @pytest.hookimpl(wrapper=True)
        def pytest_load_initial_conftests(self) -> Iterator[None]:
            try:
                return (yield)
            except Exception as error:
                self.note("conftest.py", outcome="failed")
                self.note_reason("conftest.py", error)
                raise

    with open(path, "w", encoding="utf-8") as record:
        # Quiet, but with the files that it goes through.
        quiet = ["-q", "--override-ini=verbosity_test_cases=0"]
        return int(pytest.main(quiet, [Recorder(record)]))


def lack_of_machine(error: BaseException) -> str:
    """Say what of the machine made a test fail; nothing if it may as well be the project."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    about_machine = (one for one in chain if is_about_machine(one))
    return next((f"{type(one).__name__}: {one}" for one in about_machine), "") or missing_need()


def is_about_machine(error: BaseException) -> bool:
    """Whether an exception can only come from the machine, whatever the code that met it."""
    if isinstance(error, BaseExceptionGroup):
        return all(map(is_about_machine, error.exceptions))
    if isinstance(error, ModuleNotFoundError) and error.name in sys.stdlib_module_names:
        return True  # this Python is built without
    if isinstance(error, ImportError):  # a compiled library that does not load
        return not (error.path or ".py").endswith((".py", ".pyc"))
    return isinstance(error, MemoryError) or (
        isinstance(error, OSError) and errno.errorcode.get(error.errno or 0) in LACKS
    )


def missing_need() -> str:
    """Try what every suite needs of a machine, and say what does not work."""
    needs: dict[str, Callable[[], object]] = {
        "the temporary folder cannot be written to": partial(write_into, tempfile.gettempdir()),
        "the project's folder cannot be written to": partial(write_into, "."),
        "nothing can connect to 127.0.0.1": connect_on_loopback,
        "no TLS context can be created": make_tls_context,
        "no thread can be started": start_thread,
        "no program can be started": partial(subprocess.run, [sys.executable, "-V"], stdout=PIPE),
    }
    for need, attempt in needs.items():
        try:
            attempt()
        except Exception as error:  # noqa: BLE001 - whatever it is, the machine lacks something
            return f"{need} ({type(error).__name__}: {error})"
    return ""


def write_into(folder: str) -> None:
    """Write as much as the smallest of tests may."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(1_000_000))


def connect_on_loopback() -> None:
    """Connect two sockets."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


def make_tls_context() -> None:
    """Do what every HTTP client and database driver does at first."""
    import ssl  # a Python may be built without

    ssl.create_default_context()


def start_thread() -> None:
    """Start a thread and wait for its end."""
    thread = threading.Thread()
    thread.start()
    thread.join()


@contextlib.contextmanager
def started(
    command: list[str],
    stdout: int | None = None,
    stderr: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """Start a command in a clean environment; it has ended when the block is left."""
    program = shutil.which(command[0]) or command[0]
    try:
        process = subprocess.Popen(
            [program, *command[1:]],
            env=environment or clean_environment(),
            stdin=DEVNULL,
            stdout=stdout,
            stderr=stderr,
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


def essential_environment() -> dict[str, str]:
    """Return the caller's environment with only what a program needs to run at all."""
    return {name: value for name, value in os.environ.items() if ESSENTIAL.match(name.upper())}


def run_in_foreground(command: list[str]) -> int:
    """Run a command that alone gets Ctrl-C in a terminal: cruft has yet to write its file."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
        is_foreground = os.tcgetpgrp(terminal) == os.getpgrp() and sys.stdout.isatty()
    except (AttributeError, OSError):  # Windows, no terminal, or stdout is closed
        is_foreground = False
    if not is_foreground:
        return subprocess.run(command, check=False).returncode
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # which would stop what is in the background
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)  # nor can Ctrl-Z: no shell would continue it
    with subprocess.Popen(command, process_group=0) as process:
        try:
            os.tcsetpgrp(terminal, process.pid)
            return process.wait()
        finally:
            os.tcsetpgrp(terminal, os.getpgrp())


# What happened and what to do next


def report_red(result: str, recipe: Recipe, *, was_there: bool) -> None:
    """Say that the suite failed, and where the project or a copy of it is."""
    if was_there:
        say(
            f"{bold('RED', '31')}: {result}.",
            "The folder existed before, so it was kept, with the new files in it. To investigate:",
            [*recipe.environment, recipe.suite],
            "The traceback that may follow is how cookiecutter reports that generation failed.",
        )
        return
    try:
        aside = keep_aside()
    except (OSError, shutil.Error) as error:
        say(f"{bold('RED', '31')}: {result}. No copy of the project could be kept: {error}")
        return
    say(
        f"{bold('RED', '31')}: {result}.",
        "Cookiecutter removes a project whose suite fails, unless --keep-project-on-failure is\n"
        "set. To investigate, here is a copy:",
        [*recipe.environment, recipe.suite],
        "If nothing on this machine explains it, please report the output above.\n"
        "The traceback that may follow is how cookiecutter reports that generation failed.",
        project=aside,
    )


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
        match sys.argv[1:]:
            case [] if TERMINAL:  # any status but 1 is that of an interruption
                status = int(run_in_foreground([sys.executable, __file__, "--alone"]) == 1)
            case [] | ["--alone"]:
                status = main()
            case [record, *_]:
                status = record_suite(record)
    except BrokenPipeError:  # nobody reads on, as in `cookiecutter ... | head`: keep the project
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except KeyboardInterrupt:  # before there was anything to verify: the files are whole
        status = 0
    sys.exit(status)
