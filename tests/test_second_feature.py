"""A second table, store, API and router are files more: nothing that is there changes."""

import re
from pathlib import Path

import pytest
from helpers.projects import CHOICES, Answers, command_for, render
from helpers.suites import SCENARIOS, Environment, run_suite, skip_without_server

FEATURE = SCENARIOS / "second_feature"
DATABASES = [database for database in CHOICES["database"] if database != "none"]


def add_feature(project: Path, answers: Answers) -> None:
    """Add the files that somebody would write for orders."""
    client = answers["http_client"].removesuffix("2")
    is_sqlalchemy = answers["data_access"] == "sqlalchemy"
    source, tests = project / "src" / "demo", project / "tests"
    kind = "sqlalchemy" if is_sqlalchemy else answers["database"]
    files = {
        source / "order_store.py": FEATURE / "order_store" / f"{kind}.py",
        source / "shipping.py": FEATURE / "shipping" / f"{client}.py",
        source / "ordering.py": FEATURE / "ordering.py",
        tests / "fixtures" / "orders.py": FEATURE / "tests" / "orders.py",
        tests / "test_orders.py": FEATURE / "tests" / "test_orders.py",
    }
    if answers["web_framework"] == "fastapi":
        files |= {
            source / "order_routes.py": FEATURE / "order_routes.py",
            tests / "test_order_routes.py": FEATURE / "tests" / "test_order_routes.py",
        }
    module, name = (
        ("sqlalchemy.ext.asyncio", "AsyncSession")
        if is_sqlalchemy
        else ("demo.database", "Connection")
    )
    session = "session" if is_sqlalchemy else "connection"
    placeholders = {
        "MODULE": module,
        "CapitalDep": f"{session.capitalize()}Dep",
        "SESSION": session,
        "TYPE": name,
        "CLIENT": "httpx" if client == "httpx" and "2" not in answers["http_client"] else "httpx2",
    }
    for file, origin in files.items():
        assert not file.exists(), f"{file.name} is not a file more"
        text = origin.read_text(encoding="utf-8")
        for placeholder, value in placeholders.items():
            text = re.sub(rf"\b{placeholder}\b", value, text)
        file.write_text(text, encoding="utf-8")


@pytest.mark.covering(0)
@pytest.mark.parametrize("web_framework", ["none", "fastapi"])
@pytest.mark.parametrize("data_access", CHOICES["data_access"])
@pytest.mark.parametrize("database", DATABASES)
def test_second_feature_adds_files_only(
    tmp_path: Path, environment: Environment, database: str, data_access: str, web_framework: str
) -> None:
    skip_without_server(database)
    answers = {
        "database": database,
        "data_access": data_access,
        "http_client": "aiohttp" if database == "mysql" else "httpx2",
        "web_framework": web_framework,
        "fixture_loop_scope": "session" if data_access == "driver" else "function",
    }
    project = render(tmp_path, answers)
    print(f"To do it by hand: {command_for(answers)}, and add tests/scenarios/second_feature")
    add_feature(project, answers)

    run_suite(environment, project, "--randomly-seed=1")
    for tool in (("ruff", "check", "--ignore=I001"), ("mypy", "--cache-dir", f"{tmp_path}/mypy")):
        checked = environment.run(project, *tool)
        assert checked.returncode == 0, checked.stdout
