"""dev.py starts everything for development, and Ctrl-C ends it."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from helpers.projects import CHOICES, Answers, command_for, name_of, render
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

    def ask_redis(self, command: str) -> str:
        """Return the first line of what Redis replies to a command."""
        (folder,) = (path for path in self.folders() if path.name.startswith("redis-"))
        with socket.socket(socket.AF_UNIX) as client, client.makefile("rw", newline="\r\n") as file:
            client.connect(str(folder / "socket"))
            file.write(f"{command}\r\n")
            file.flush()
            return file.readline().rstrip()

    def interrupt(self) -> int:
        """Press Ctrl-C and return the status that the process ends with."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait()


@contextmanager
def running(environment: Environment, project: Path, **variables: str) -> Iterator[Running]:
    """Start dev.py in a terminal of its own, and wait until it serves."""
    output = project / "output.txt"
    with (
        output.open("w", encoding="utf-8") as file,
        subprocess.Popen(
            [environment.python, "dev.py", "--port", "0"],
            cwd=project,
            env=environment.variables(**variables),
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
        *(
            pytest.param(answers, marks=pytest.mark.thorough)
            for answers in [
                {"database": "postgresql", "redis": "yes"},
                {"database": "postgresql"},
                {"database": "postgresql", "data_access": "sqlalchemy"},
                {"database": "mysql", "redis": "yes"},
                {"database": "mysql"},
                {"database": "mysql", **SQLALCHEMY},
                {"database": "mysql", **SQLALCHEMY, "redis": "yes"},
                {"database": "sqlite", "redis": "yes"},
                {"database": "sqlite"},
                {"database": "sqlite", **SQLALCHEMY},
                {"database": "sqlite", **SQLALCHEMY, "redis": "yes"},
                {"database": "none", "redis": "yes"},
                {"database": "none"},
            ]
        ),
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
    users, cached = answers["database"] != "none", answers.get("redis") == "yes"
    with running(environment, project) as first:
        folders = first.folders()
        assert len(folders) == (answers["database"] in ("postgresql", "mysql")) + cached
        if users:
            assert first.request("POST", "/users", ADA) == (201, ADA)
        if cached:
            assert first.ask_redis("SET survives yes") == "+OK"
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
        assert first.request("GET", "/health") == (200, {"status": "ok"})
        assert first.interrupt() == 0, first.text()
        assert "Traceback" not in first.text()
    for folder in folders:
        assert not folder.exists()
        assert not is_served(folder)
    with running(environment, project) as second:
        if users:
            assert second.request("GET", "/users/1") == (200, ADA)
        if cached:
            assert second.ask_redis("EXISTS survives") == ":1"
        folders = second.folders()
        os.killpg(second.process.pid, signal.SIGKILL)
        second.process.wait()
    wait_until(lambda: not any(map(Path.exists, folders)))


@pytest.mark.thorough
def test_code_is_reloaded_and_settings_of_the_shell_are_used(
    tmp_path: Path, environment: Environment
) -> None:
    project = render(tmp_path, FASTAPI | {"http_client": "none"})
    own = tmp_path / "own.sqlite"
    with closing(sqlite3.connect(own)) as database:
        database.execute("CREATE TABLE users (id, name, email)")
    with running(environment, project, DATABASE_URL=own.as_uri()) as started:
        assert started.request("GET", "/hello")[0] == 404
        (project / "src/demo/hello_routes.py").write_text(
            "from fastapi import APIRouter\n\n"
            "router = APIRouter()\n\n\n"
            "@router.get('/hello')\n"
            "async def hello() -> str:\n"
            "    return 'hello'\n",
            encoding="utf-8",
        )

        def is_reloaded() -> bool:
            try:
                return started.request("GET", "/hello") == (200, "hello")
            except OSError:  # just restarting
                return False

        wait_until(is_reloaded)
        assert started.request("POST", "/users", ADA) == (201, ADA)
        assert started.interrupt() == 0, started.text()
    with closing(sqlite3.connect(own)) as database:
        assert database.execute("SELECT name FROM users").fetchall() == [("Ada",)]
    assert {path.name for path in (project / ".dev").iterdir()} <= {"lock", "lock-journal"}


@pytest.mark.thorough
@pytest.mark.parametrize("data_access", CHOICES["data_access"])
def test_missing_server_is_named(
    tmp_path: Path, environment: Environment, data_access: str
) -> None:
    answers = {"database": "mysql", "data_access": data_access}
    project = render(tmp_path, FASTAPI | answers | {"http_client": "none"})
    hide = "import shutil\nshutil.which = lambda *_, **__: None\n"
    (project / "src" / "sitecustomize.py").write_text(hide, encoding="utf-8")
    done = subprocess.run(
        [environment.python, "dev.py", "--port", "0"],
        cwd=project,
        env=environment.variables(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1
    assert "apt install mariadb-server" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (project / ".dev" / "mysql").exists()


@pytest.mark.thorough
def test_nothing_of_it_is_in_the_wheel(tmp_path: Path, environment: Environment) -> None:
    project = render(tmp_path, FASTAPI | {"database": "postgresql", "redis": "yes"})
    pyproject = (project / "pyproject.toml").read_text(encoding="utf-8")
    dependencies = pyproject.partition("\ndependencies = [")[2].partition("\n]")[0]
    assert "uvicorn" in dependencies
    assert not re.search("embedded|valkey|pytest", dependencies)
    named = [path for path in (project / "src").rglob("*.py") if "dev" in path.stem]
    assert not named
