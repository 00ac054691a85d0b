"""dev.py starts everything for development, and Ctrl-C ends it."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from helpers.projects import Answers, command_for, name_of, render
from helpers.suites import Environment, is_served, skip_without_server, wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the servers need POSIX")

FASTAPI = {"web_framework": "fastapi"}
SQLALCHEMY = {"data_access": "sqlalchemy", "migrations": "alembic"}
ADA = {"id": 1, "name": "Ada", "email": "ada@example.com"}


class Running:
    """dev.py in a project, and where it serves."""

    def __init__(self, process: subprocess.Popen[str], output: Path) -> None:
        self.process = process
        self.output = output

    def text(self) -> str:
        """Return what it has printed so far."""
        return self.output.read_text(encoding="utf-8")

    def folders(self) -> list[Path]:
        """Return the folders of the servers' sockets."""
        return [Path(found) for found in re.findall(r"(/[^\s'&?]*/(?:\w+-\w{8}))\b", self.text())]

    def request(self, method: str, path: str, body: object = None) -> tuple[int, object]:
        """Return the status and the content of a response."""
        found = re.search(r"http://127\.0\.0\.1:(\d+)/docs", self.text())
        assert found
        connection = HTTPConnection("127.0.0.1", int(found[1]))
        headers = {"Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body) if body else None, headers)
        response = connection.getresponse()
        status, content = response.status, json.loads(response.read())
        connection.close()
        return status, content

    def interrupt(self) -> int:
        """Press Ctrl-C and return the status that the process ends with."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait()


@contextmanager
def running(environment: Environment, project: Path) -> Iterator[Running]:
    """Start dev.py in a terminal of its own, and wait until it serves."""
    output = project / "output.txt"
    with (
        output.open("w", encoding="utf-8") as file,
        subprocess.Popen(
            [environment.python, "dev.py", "--port", "0"],
            cwd=project,
            env=environment.variables(),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        ) as process,
    ):
        started = Running(process, output)
        try:
            wait_until(
                lambda: process.poll() is not None or "startup complete" in started.text(), 120
            )
            assert process.poll() is None, started.text()
            yield started
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize(
    "answers",
    [
        {"database": "postgresql", **SQLALCHEMY, "redis": "yes"},
        pytest.param({"database": "postgresql"}, marks=pytest.mark.thorough),
        pytest.param({"database": "mysql", "redis": "yes"}, marks=pytest.mark.thorough),
        pytest.param({"database": "mysql", **SQLALCHEMY}, marks=pytest.mark.thorough),
        pytest.param({"database": "sqlite"}, marks=pytest.mark.thorough),
        pytest.param({"database": "sqlite", **SQLALCHEMY}, marks=pytest.mark.thorough),
    ],
    ids=name_of,
)
def test_application_is_served_and_data_survives(
    tmp_path: Path, environment: Environment, answers: Answers
) -> None:
    skip_without_server(answers["database"])
    answers = FASTAPI | {"http_client": "none"} | answers
    project = render(tmp_path, answers)
    print(f"To do it by hand: {command_for(answers)}, and uv run dev.py")
    with running(environment, project) as first:
        assert first.request("POST", "/users", ADA) == (201, ADA)
        folders = first.folders()
        servers = (answers["database"] != "sqlite") + (answers.get("redis") == "yes")
        assert len(folders) == servers
        again = subprocess.run(
            [environment.python, "dev.py"],
            cwd=project,
            env=environment.variables(),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert again.returncode == 1
        assert again.stderr.startswith("dev.py is running already")
        assert first.request("GET", "/users/1") == (200, ADA)
        assert first.interrupt() == 0, first.text()
        assert "Traceback" not in first.text()
    for folder in folders:
        assert not folder.exists()
        assert not is_served(folder)
    with running(environment, project) as second:
        assert second.request("GET", "/users/1") == (200, ADA)
        folders = second.folders()
        os.killpg(second.process.pid, signal.SIGKILL)
        second.process.wait()
    wait_until(lambda: not any(map(Path.exists, folders)))


@pytest.mark.thorough
def test_nothing_of_it_is_in_the_wheel(tmp_path: Path, environment: Environment) -> None:
    project = render(tmp_path, FASTAPI | {"database": "postgresql", "redis": "yes"})
    pyproject = (project / "pyproject.toml").read_text(encoding="utf-8")
    dependencies = pyproject.partition("\ndependencies = [")[2].partition("\n]")[0]
    assert "uvicorn" in dependencies
    assert not re.search("embedded|valkey|pytest", dependencies)
    named = [path for path in (project / "src").rglob("*.py") if "dev" in path.stem]
    assert not named
