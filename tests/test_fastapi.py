"""The web application: its OpenAPI document, its command, and the overrides of its tests."""

import json
import os
import re
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest
from helpers.projects import CHOICES, render
from helpers.suites import Environment, add_scenario, run_suite, skip_without_server
from openapi_spec_validator import validate

FASTAPI = {"web_framework": "fastapi"}


@pytest.mark.parametrize("database", ["sqlite", "none"])
@pytest.mark.parametrize("client", ["httpx2", "none"])
def test_openapi_is_valid(
    tmp_path: Path, environment: Environment, database: str, client: str
) -> None:
    project = render(tmp_path, FASTAPI | {"database": database, "http_client": client})
    write = (
        "import json; from demo.app import create_app; print(json.dumps(create_app().openapi()))"
    )

    printed = subprocess.run(
        [environment.python, "-c", write],
        env=os.environ
        | {
            "PYTHONPATH": f"{project}/src",
            "DATABASE_URL": "file:x",
            "API_URL": "http://x",
        },
        stdout=subprocess.PIPE,
        check=True,
    )

    validate(json.loads(printed.stdout))


@pytest.mark.covering(0)
@pytest.mark.parametrize("access", CHOICES["data_access"])
@pytest.mark.parametrize("database", [name for name in CHOICES["database"] if name != "none"])
def test_route_that_begins_transactions_itself_is_rolled_back(
    tmp_path: Path, environment: Environment, database: str, access: str
) -> None:
    skip_without_server(database)
    answers = {"database": database, "data_access": access, "http_client": "none"}
    project = render(tmp_path, FASTAPI | answers)
    path = add_scenario(project, "fastapi/test_own_transactions")

    assert run_suite(environment, project, path) == {"passed": 2}


@pytest.mark.parametrize("database", ["none", "sqlite"])
def test_override_of_wider_scope_survives_each_test(
    tmp_path: Path, environment: Environment, database: str
) -> None:
    answers = {"database": database, "http_client": "none", "fixture_loop_scope": "session"}
    project = render(tmp_path, FASTAPI | answers)
    path = add_scenario(project, "fastapi/test_override_for_all")

    assert run_suite(environment, project, path) == {"passed": 3}


def test_readme_commands_serve_the_application(tmp_path: Path, environment: Environment) -> None:
    project = render(tmp_path, FASTAPI | {"http_client": "none"})
    readme = (project / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## Run the application")[2]
    (arguments,) = re.findall("(?m)^uvicorn (.*)", section)
    (create_schema,) = re.findall(r"(?m)^python -m (demo\.\w+)$", section)
    url = f"file:{tmp_path}/users.sqlite"
    variables = os.environ | {"PYTHONPATH": "src", "DATABASE_URL": url}
    subprocess.run(
        [environment.python, "-m", create_schema], cwd=project, env=variables, check=True
    )

    with subprocess.Popen(
        [environment.python, "-m", "uvicorn", *arguments.split(), "--port", "0"],
        cwd=project,
        env=variables,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as server:
        assert server.stderr
        try:
            lines = iter(server.stderr.readline, "")
            running = next(line for line in lines if "running on" in line)
            address = re.findall(r"http://[\d.:]+", running)[0]
            user = {"id": 1, "name": "Ada", "email": "ada@example.com"}
            request = urllib.request.Request(
                f"{address}/users",
                data=json.dumps(user).encode(),
                headers={"Content-Type": "application/json"},
            )
            direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with direct.open(request) as answer:
                assert (answer.status, json.load(answer)) == (201, user)
            with direct.open(f"{address}/users/1") as answer:
                assert json.load(answer) == user
        finally:
            server.send_signal(signal.SIGTERM)
        rest = server.stderr.read()
    assert "Application shutdown complete" in rest
