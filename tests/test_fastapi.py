"""The web application: clean with every database and client, valid, served, and tested with teeth."""

import itertools
import json
import os
import re
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest
from helpers.projects import CHOICES, Answers, command_for, name_of, render, text_files
from helpers.suites import Environment, add_scenario, run_suite, skip_without_server
from openapi_spec_validator import validate

FASTAPI = {"web_framework": "fastapi"}

# Every database with every access and client; modes and loop scopes take turns.
COMBINATIONS: list[Answers] = [
    FASTAPI
    | {
        "asyncio_mode": CHOICES["asyncio_mode"][number % 2],
        "fixture_loop_scope": CHOICES["fixture_loop_scope"][number % 5],
        "database": database,
        "data_access": access,
        "http_client": client,
    }
    for number, (database, access, client) in enumerate(
        itertools.product(CHOICES["database"], CHOICES["data_access"], CHOICES["http_client"])
    )
]


@pytest.mark.parametrize("client", CHOICES["http_client"])
def test_project_is_clean(tmp_path: Path, environment: Environment, client: str) -> None:
    for answers in COMBINATIONS:
        if answers["http_client"] != client:
            continue
        project = render(tmp_path / name_of(answers), answers)
        for path, text in text_files(project).items():
            where = f"{path} of: {command_for(answers)}"
            assert not re.findall(r"(?<!\$)\{\{|\{%|cookiecutter\.", text), where
            assert not text.startswith("\n"), where
            assert not text.endswith("\n\n"), where
            assert path.endswith(".py") or "\n\n\n" not in text, where
            assert not re.search(r"[ \t]$", text, re.MULTILINE), where
            if answers["database"] == "none":
                assert "database_url" not in text, where
                assert "DATABASE_URL" not in text or path.startswith("tests/guards/"), where
            if client == "none":
                assert "api_url" not in text.lower(), where
        for tool in (
            ("ruff", "check", "--no-cache", "--quiet"),
            ("ruff", "format", "--check", "--no-cache", "--quiet"),
            ("mypy", "--cache-dir", f"{tmp_path}/mypy", "--no-error-summary"),
        ):
            checked = environment.run(project, *tool)
            assert checked.returncode == 0, f"{command_for(answers)}\n{checked.stdout}"


@pytest.mark.parametrize("name", ["a", "z" * 40], ids=["short", "long"])
def test_names_keep_the_format(tmp_path: Path, environment: Environment, name: str) -> None:
    for answers in COMBINATIONS:
        names = {"package_name": name, "project_slug": name}
        render(tmp_path / name_of(answers), names | answers)
    for arguments in (["check"], ["format", "--check"]):
        checked = environment.run(tmp_path, "ruff", *arguments, "--no-cache", "--quiet", ".")
        assert checked.returncode == 0, checked.stdout


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
        env=os.environ | {"PYTHONPATH": f"{project}/src", "DATABASE_URL": "x", "API_URL": "x"},
        stdout=subprocess.PIPE,
        check=True,
    )

    validate(json.loads(printed.stdout))


@pytest.mark.parametrize("access", CHOICES["data_access"])
@pytest.mark.parametrize("database", [name for name in CHOICES["database"] if name != "none"])
def test_route_that_would_commit_says_so(
    tmp_path: Path, environment: Environment, database: str, access: str
) -> None:
    skip_without_server(database)
    answers = {"database": database, "data_access": access, "http_client": "none"}
    project = render(tmp_path, FASTAPI | answers)
    path = add_scenario(project, "fastapi/test_other_store")

    assert run_suite(environment, project, path) == {"passed": 1}


@pytest.mark.parametrize("database", ["none", "sqlite"])
def test_override_for_all_tests_stays(
    tmp_path: Path, environment: Environment, database: str
) -> None:
    answers = {"database": database, "http_client": "none", "fixture_loop_scope": "session"}
    project = render(tmp_path, FASTAPI | answers)
    path = add_scenario(project, "fastapi/test_override_for_all")

    assert run_suite(environment, project, path) == {"passed": 3}


def test_commands_of_the_readme_serve_it(tmp_path: Path, environment: Environment) -> None:
    project = render(tmp_path, FASTAPI | {"http_client": "none"})
    readme = (project / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## The web application")[2]
    url, serve, prepare = (
        re.search(pattern, section)
        for pattern in ("DATABASE_URL=(.*)", "uv run uvicorn (.*)", 'uv run python -c "(.*)"')
    )
    assert url
    assert serve
    assert prepare
    variables = os.environ | {"PYTHONPATH": "src", "DATABASE_URL": url[1]}
    make = prepare[1].replace("$DATABASE_URL", url[1])
    subprocess.run([environment.python, "-c", make], cwd=project, env=variables, check=True)

    with subprocess.Popen(
        [environment.python, "-m", "uvicorn", *serve[1].split(), "--port", "0"],
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
