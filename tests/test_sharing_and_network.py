"""The guards of sessions that two tasks share, and of the network."""

from pathlib import Path

import pytest
from helpers.projects import Answers, name_of, render
from helpers.suites import (
    Environment,
    add_scenario,
    assert_mistakes_are_reported,
    failures_of,
)

LOOPS = [
    {"asyncio_mode": "auto", "fixture_loop_scope": "function", "event_loop": "asyncio"},
    {"asyncio_mode": "strict", "fixture_loop_scope": "session", "event_loop": "asyncio"},
    {"asyncio_mode": "auto", "fixture_loop_scope": "module", "event_loop": "uvloop"},
]
SQLITE = {"database": "sqlite", "data_access": "sqlalchemy", "http_client": "none"}
NOTHING = {"database": "none", "http_client": "none"}


@pytest.mark.covering
@pytest.mark.parametrize("loop", LOOPS, ids=name_of)
@pytest.mark.parametrize(
    ("scenario", "answers"),
    [
        ("sharing", SQLITE),
        ("sharing_of_asyncpg", {"database": "postgresql", "http_client": "none"}),
        ("this_machine", NOTHING),
    ],
)
def test_guards_name_the_mistake(
    tmp_path: Path, environment: Environment, scenario: str, answers: Answers, loop: Answers
) -> None:
    project = render(tmp_path, answers | loop)
    path = add_scenario(project, f"guards/test_{scenario}")

    failures = failures_of(environment, project, path)

    assert_mistakes_are_reported(project, path, failures)


OWN_CLASS = """
import asyncio

import pytest

from demo.ledger import Ledger

@pytest.mark.asyncio
async def test_shares():
    ledger = Ledger()
    await asyncio.gather(ledger.add(1), ledger.add(2))

@pytest.mark.asyncio
async def test_does_not_share():
    ledger = Ledger()
    await ledger.add(1)
    await asyncio.create_task(ledger.add(2))
"""
LEDGER = """
import asyncio

class Ledger:
    async def add(self, number):
        await asyncio.sleep(0)
"""


def test_a_class_of_the_project_can_be_added(tmp_path: Path, environment: Environment) -> None:
    project = render(tmp_path, NOTHING | {"package_name": "demo"})
    (project / "src" / "demo" / "ledger.py").write_text(LEDGER, encoding="utf-8")
    (project / "tests" / "test_ledger.py").write_text(OWN_CLASS, encoding="utf-8")
    setting = "guard_sharing_classes=demo.ledger:Ledger"

    texts = failures_of(environment, project, "-o", setting, "tests/test_ledger.py")

    (failure,) = texts["test_shares"]
    assert "test_shares uses one Ledger in two tasks at once" in failure
    assert texts["test_does_not_share"] == []


@pytest.mark.parametrize("scenario", ["sharing", "this_machine"])
def test_report_mode_fails_no_test(tmp_path: Path, environment: Environment, scenario: str) -> None:
    project = render(tmp_path, SQLITE)
    path = add_scenario(project, f"guards/test_{scenario}")
    tests = ["-k", "sharing" if scenario == "sharing" else "send or broadcast"]

    done = environment.run(project, "pytest", "--guards=report", path, *tests)

    assert done.returncode == 0, done.stdout
    assert "which are in report mode" in done.stdout
