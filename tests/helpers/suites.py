"""Suites whose tests wait, to be interrupted or killed, and what is left of their servers."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# What Ctrl-C does, and what nobody can prepare for.
SIGNALS = {
    "interrupted": signal.SIGINT,
    "killed": getattr(signal, "SIGKILL", signal.SIGTERM),
}

WAITING = """
import asyncio, os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

@pytest.mark.asyncio
@pytest.mark.timeout(60)
@pytest.mark.parametrize("number", range(4))
async def test_waiting(FIXTURES, number) -> None:
    (folder,) = FOLDER
    Path(f"folder-{os.getpid()}.part").write_text(folder)
    Path(f"folder-{os.getpid()}.part").rename(f"folder-{os.getpid()}.txt")
    await asyncio.Event().wait()
"""


@contextmanager
def waiting_suite(
    python: Path, project: Path, fixtures: str, folder: str, workers: int
) -> Iterator[tuple[subprocess.Popen[str], set[Path]]]:
    """Start a suite; give it, and the folders of its servers, when its tests wait.

    The tests use `fixtures`; `folder` is an expression of theirs, a list of one folder.
    """
    text = WAITING.replace("FIXTURES", fixtures).replace(
        "FOLDER", folder.strip().replace("\n", " ")
    )
    (project / "tests" / "test_waiting.py").write_text(text, encoding="utf-8")
    command = [str(python), "-m", "pytest", "-n", str(workers), "-p", "no:randomly"]
    with subprocess.Popen(
        [*command, "tests/test_waiting.py"],
        cwd=project,
        env=os.environ | {"PYTHONPATH": "src"},
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
    """Look every now and then whether a process outside has come so far."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.02)


def is_served(folder: Path) -> bool:
    """Tell whether a process works in a folder."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "args"], stdout=subprocess.PIPE, encoding="utf-8", check=True
    )
    return str(folder) in listed.stdout
