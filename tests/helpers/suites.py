"""Suites of generated projects: run them, add scenarios to them, interrupt them."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from xml.etree import ElementTree

import pytest

from helpers.projects import Answers, name_of, pyproject_of

SCENARIOS = Path(__file__).parents[1] / "scenarios"

# A loop scope that is not the project's.
OTHER_LOOP = {
    "function": "session",
    "class": "session",
    "module": "session",
    "package": "function",
    "session": "function",
}

DISTRIBUTIONS = ["load", "loadscope", "loadfile", "loadgroup", "worksteal", "each"]

# What Ctrl-C sends, and what no process can handle.
SIGNALS = {
    "interrupted": signal.SIGINT,
    "killed": getattr(signal, "SIGKILL", signal.SIGTERM),
}


@dataclass(frozen=True)
class Environment:
    """A virtual environment with the dependencies of every answer, so that no test installs any."""

    folder: Path

    @property
    def python(self) -> Path:
        """The interpreter of the environment."""
        return self.folder / ("Scripts" if os.name == "nt" else "bin") / "python"

    def variables(self, **more: str) -> dict[str, str]:
        """Return the environment variables with which a project counts as installed."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_"))}
        return kept | {"PYTHONPATH": "src", "PYTHONDONTWRITEBYTECODE": "1"} | more

    def run(
        self, project: Path, *arguments: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run `python -m …` in a project, as if the project were installed."""
        return subprocess.run(
            [self.python, "-m", *arguments],
            cwd=project,
            env=self.variables(**variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )


def skip_without_server(database: str) -> None:
    """Skip a test whose database server this machine does not have."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
    if database == "mysql" and not any(
        shutil.which(program, path=path) for program in ("mariadbd", "mysqld")
    ):
        pytest.skip("no MySQL server here: apt install mariadb-server, or brew install mariadb")


def add_scenario(project: Path, scenario: str, **values: str) -> str:
    """Copy a scenario into the tests of a project and return its path there.

    The names of `values` are placeholders in its text, besides LOOP and OTHER.
    """
    text = (SCENARIOS / f"{scenario}.py").read_text(encoding="utf-8")
    for placeholder, value in values.items():
        assert placeholder in text, f"{scenario} has no {placeholder}"
        text = text.replace(placeholder, value)
    loop = pyproject_of(project)["tool"]["pytest"]["asyncio_default_fixture_loop_scope"]
    text = text.replace("LOOP", loop).replace("OTHER", OTHER_LOOP[loop])
    path = f"tests/{PurePath(scenario).name}.py"
    (project / path).write_text(text, encoding="utf-8")
    print(f"Scenario: tests/scenarios/{scenario}.py as {path}")
    return path


def run_suite(
    environment: Environment, project: Path, *arguments: str, **variables: str
) -> dict[str, int]:
    """Run a suite, which must pass, and return how many tests had each outcome."""
    done = environment.run(
        project, "pytest", "-W", "error", "-p", "no:cacheprovider", *arguments, **variables
    )
    assert done.returncode == 0, f"pytest {' '.join(arguments)} in {project}:\n{done.stdout}"
    return counts_of(done.stdout)


def counts_of(output: str) -> dict[str, int]:
    """Read the numbers of outcomes from pytest's last line."""
    last_line = output.rstrip().rpartition("\n")[2]
    return {outcome: int(number) for number, outcome in re.findall(r"(\d+) (\w+)", last_line)}


def failures_of(
    environment: Environment,
    project: Path,
    *arguments: str,
    seed: str = "",
    **variables: str,
) -> dict[str, list[str]]:
    """Run a suite and return the texts of all failures and errors of each test case."""
    report = project / "report.xml"
    done = environment.run(
        project,
        *("pytest", f"--randomly-seed={seed}" if seed else "-pno:randomly"),
        *("-p", "no:cacheprovider", "--tb=short"),
        *(f"--junitxml={report}", *arguments),
        **variables,
    )
    assert "INTERNALERROR" not in done.stdout, done.stdout
    texts: dict[str, list[str]] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        found = [f"{part.get('message')}\n{part.text}" for part in case]
        texts.setdefault(case.get("name", ""), []).extend(found)
    return texts


def expected_reports(project: Path, path: str) -> dict[str, str]:
    """Return what the report of each `test_wrong_…` must match: the comment above it."""
    text = (project / path).read_text(encoding="utf-8")
    commented = re.findall(r"# (.*)\n(?: *@.*\n)* *(?:async )?def (test_\w+)", text)
    return {name: pattern for pattern, name in commented if name.startswith("test_wrong_")}


def assert_mistakes_are_reported(project: Path, path: str, failures: dict[str, list[str]]) -> None:
    """Assert that each case of a `test_wrong_…` fails as the comment above it says, and no other."""
    text = (project / path).read_text(encoding="utf-8")
    expected = expected_reports(project, path)
    tests = re.findall(r"def (test_\w+)", text)
    assert set(expected) == {name for name in tests if name.startswith("test_wrong")}
    for name in tests:
        cases = [case for case in failures if case.partition("[")[0] == name]
        assert cases, f"{name} did not run"
        for case in cases:
            text = "\n".join(failures[case])
            is_reported = re.search(expected[name], text) if name in expected else not text
            assert is_reported, f"{case}: {text}"


def distribution_for(answers: Answers) -> str:
    """Return one way of distributing tests to workers, so that all occur in a run."""
    return DISTRIBUTIONS[sum(name_of(answers).encode()) % len(DISTRIBUTIONS)]


@contextmanager
def waiting_suite(
    environment: Environment, project: Path, fixtures: str, folder: str, workers: int
) -> Iterator[tuple[subprocess.Popen[str], set[Path]]]:
    """Start a suite; when its tests wait, give its process and the folders of its servers.

    The tests use `fixtures`; `folder` is the expression with which they find the folder.
    """
    path = add_scenario(project, "servers/test_waiting", FIXTURES=fixtures, FOLDER=folder)
    with subprocess.Popen(
        [environment.python, "-m", "pytest", "-n", str(workers), "-p", "no:randomly", path],
        cwd=project,
        env=environment.variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
    ) as suite:
        try:
            wait_until(lambda: len(list(project.glob("folder-*.txt"))) == max(workers, 1))
            yield suite, {Path(file.read_text()) for file in project.glob("folder-*.txt")}
        finally:
            if suite.poll() is None:
                os.killpg(suite.pid, signal.SIGKILL)


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Check every now and then whether another process has come so far."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.02)


def is_served(folder: Path) -> bool:
    """Tell whether a process uses a folder."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "args"], stdout=subprocess.PIPE, encoding="utf-8", check=True
    )
    return str(folder) in listed.stdout


def shorten_grace(project: Path) -> None:
    """Shorten the time that a task which refuses cancellation is given."""
    hangs = project / "tests" / "guards" / "hangs.py"
    text = hangs.read_text(encoding="utf-8")
    assert "GRACE = 5.0 " in text
    hangs.write_text(text.replace("GRACE = 5.0 ", "GRACE = 0.2 "), encoding="utf-8")
