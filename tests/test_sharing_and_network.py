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


@pytest.mark.parametrize("loop", LOOPS, ids=name_of)
@pytest.mark.parametrize(("scenario", "answers"), [("sharing", SQLITE), ("this_machine", NOTHING)])
def test_guards_name_the_mistake(
    tmp_path: Path, environment: Environment, scenario: str, answers: Answers, loop: Answers
) -> None:
    project = render(tmp_path, answers | loop)
    path = add_scenario(project, f"guards/test_{scenario}")

    failures = failures_of(environment, project, path)

    assert_mistakes_are_reported(project, path, failures)


@pytest.mark.parametrize("scenario", ["sharing", "this_machine"])
def test_report_mode_fails_no_test(tmp_path: Path, environment: Environment, scenario: str) -> None:
    project = render(tmp_path, SQLITE)
    path = add_scenario(project, f"guards/test_{scenario}")
    tests = ["-k", "sharing" if scenario == "sharing" else "send or broadcast"]

    done = environment.run(project, "pytest", "--guards=report", path, *tests)

    assert done.returncode == 0, done.stdout
    assert "which are in report mode" in done.stdout
