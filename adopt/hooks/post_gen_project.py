"""After the guards are in an existing project: report on its suite, write a patch, change nothing.

The report is a program among the guards, `adopt`, so that people can repeat it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

# JSON escapes every quote within a string, so no answer can end this literal.
ANSWERS = r"""{{ cookiecutter | tojson }}"""

SWITCH = "ASYNC_PYTEST_TEMPLATE_RUN_SUITE"
OLDEST_PYTHON = (3, 11)
MARKS = ("pyproject.toml", "setup.cfg", "setup.py", ".git")


def main() -> int:
    """Report on the suite; a status other than 0 makes cookiecutter remove the guards."""
    answers = json.loads(ANSWERS)
    guards = Path.cwd()
    with contextlib.suppress(OSError):  # it has files, or is not there
        Path("fixtures").rmdir()
    if is_scratch_of_cruft(guards.parent, answers):
        return 0
    if problem := problem_of(guards.parent):
        print(f"\nNothing was made:\n\n  {problem}.\n", file=sys.stderr)
        return 1
    options = ["--from-template"]
    if not answers["run_suite"] or os.environ.get(SWITCH, "").lower() == "no":
        options.append("--no-run")
    if "_output_dir" in answers:  # cookiecutter remembers nothing
        options += ["--link", answers["_template"]]
    with contextlib.suppress(KeyboardInterrupt):  # the guards are whole
        run_in_foreground([sys.executable, "adopt", *options])
    return 0


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


def is_scratch_of_cruft(folder: Path, answers: dict[str, object]) -> bool:
    """Whether `cruft diff` or `cruft update` made these files, only to compare them."""
    folder = folder.resolve()
    return (
        "_output_dir" not in answers
        and folder.parent == Path(tempfile.gettempdir()).resolve()
        and re.fullmatch(r"tmp[a-z0-9_]{8}", folder.name) is not None
    )


def problem_of(tests: Path) -> str:
    """Say why a folder is not that of a suite."""
    if sys.version_info < OLDEST_PYTHON:
        return "cookiecutter runs on Python {}.{}; install it with Python {}.{} or newer".format(
            *sys.version_info[:2], *OLDEST_PYTHON
        )
    below = tops_of(tests)
    is_project = any((tests / mark).exists() for mark in MARKS)
    if tests in below or (below and not is_project):
        return ""
    found = ", ".join(folder.relative_to(tests).as_posix() for folder in below)
    where = f"; there are some in: {found}" if found else ""
    return f"{tests} is not a folder of tests{where}. Name yours: --output-dir tests"


def tops_of(folder: Path) -> list[Path]:
    """Return the folders with tests that are in no other folder with tests."""
    folders = {
        file.parent
        for file in folder.rglob("*.py")
        if not any(
            part.startswith(".") or part in ("venv", "env", "site-packages", "node_modules")
            for part in file.relative_to(folder).parts
        )
        and (
            re.fullmatch(r"conftest|test_.*|.*_test", file.stem)
            or b"def test_" in file.read_bytes()  # `python_files` may name others
        )
    }
    return sorted(each for each in folders if folders.isdisjoint(each.parents))


if __name__ == "__main__":
    sys.exit(main())
