"""No result of a generated suite depends on how fast the machine is."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from helpers.projects import FULL, Answers, render
from helpers.suites import Environment

RUNS = 30
PAUSES = (0.02, 0.06, 0.15, 0.4, 1.2)  # seconds; an answer of a server may take as long


@pytest.fixture
def busy() -> Iterator[None]:
    """Processes that want every core."""
    command = [sys.executable, "-c", "while True: pass"]
    processes = [subprocess.Popen(command) for _ in range(os.cpu_count() or 1)]
    yield
    for process in processes:
        process.kill()
        process.wait()


def family_of(parent: int) -> list[int]:
    """Return the ids of a process and of all its descendants."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], stdout=subprocess.PIPE, encoding="utf-8", check=True
    )
    pairs = [line.split() for line in listed.stdout.splitlines()]
    family = [parent]
    for member in family:  # it grows
        family += [int(child) for child, its_parent in pairs if int(its_parent) == member]
    return family


def stop(process: int, seconds: float) -> None:
    """Stop a process for some time, unless it has ended."""
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            os.kill(process, signal.SIGCONT)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal that stops a process")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    "answers",
    [
        {},
        FULL,
        FULL | {"asyncio_mode": "auto", "fixture_loop_scope": "function", "http_client": "httpx2"},
    ],
    ids=["default", "full", "function loops"],
)
@pytest.mark.parametrize(
    "runs",
    [pytest.param(2, marks=pytest.mark.thorough), pytest.param(RUNS, marks=pytest.mark.nightly)],
)
def test_suite_passes_beside_busy_processes_while_its_own_are_stopped(
    tmp_path: Path, environment: Environment, busy: None, answers: Answers, runs: int
) -> None:
    project = render(tmp_path, answers)
    for run in range(runs):
        seed = random.randrange(1000)
        choose = random.Random(seed)
        print(f"Run {run}, seed {seed}")
        with (tmp_path / "output").open("w+", encoding="utf-8") as output:
            suite = subprocess.Popen(
                [environment.python, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
                cwd=project,
                env=environment.variables(),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            while suite.poll() is None:
                time.sleep(choose.uniform(0.02, 0.3))
                stop(choose.choice(family_of(suite.pid)), choose.choice(PAUSES))
            output.seek(0)
            assert suite.returncode == 0, output.read()
