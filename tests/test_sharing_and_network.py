"""The guards of sessions that two tasks share, and of the network."""

import re
from pathlib import Path

import pytest
from conftest import Environment
from generated import Answers, name_of, render
from test_guards import drop_in, outcomes

LOOPS = [
    {"asyncio_mode": "auto", "fixture_loop_scope": "function", "event_loop": "asyncio"},
    {"asyncio_mode": "strict", "fixture_loop_scope": "session", "event_loop": "asyncio"},
    {"asyncio_mode": "auto", "fixture_loop_scope": "module", "event_loop": "uvloop"},
]
SQLITE = {"database": "sqlite", "data_access": "sqlalchemy", "http_client": "none"}
NOTHING = {"database": "none", "http_client": "none"}


@pytest.mark.parametrize("loop", LOOPS, ids=name_of)
@pytest.mark.parametrize(("scenario", "answers"), [("sharing", SQLITE), ("this_machine", NOTHING)])
def test_guards_name_the_mistake(
    tmp_path: Path, environment: Environment, scenario: str, answers: Answers, loop: Answers
) -> None:
    project = render(tmp_path, answers | loop)
    expected = drop_in(project, scenario, loop["fixture_loop_scope"])

    texts = outcomes(environment, project, f"tests/test_{scenario}.py")

    assert set(expected) == {name for name in texts if name.startswith("test_wrong")}
    for name, failures in texts.items():
        if name in expected:
            assert re.search(expected[name], "\n".join(failures)), f"{name}: {failures}"
        else:
            assert not failures, f"{name}: {failures}"


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

    texts = outcomes(environment, project, "-o", setting, "tests/test_ledger.py")

    (failure,) = texts["test_shares"]
    assert "test_shares uses one Ledger in two tasks at once" in failure
    assert texts["test_does_not_share"] == []


@pytest.mark.parametrize("scenario", ["sharing", "this_machine"])
def test_report_mode_fails_no_test(tmp_path: Path, environment: Environment, scenario: str) -> None:
    project = render(tmp_path, SQLITE)
    drop_in(project, scenario, "function")
    tests = ["-k", "sharing" if scenario == "sharing" else "send or broadcast"]

    done = environment.run(
        project, "pytest", "--guards=report", f"tests/test_{scenario}.py", *tests
    )

    assert done.returncode == 0, done.stdout
    assert "which are in report mode" in done.stdout
