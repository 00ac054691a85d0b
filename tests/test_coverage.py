"""`pytest --cov` in a generated project: a line that has run is covered."""

import json
from pathlib import Path

import pytest
from helpers.projects import Answers, render
from helpers.suites import Environment, run_suite

# `except …: pass` of a websocket whose client has gone: it depends on who notices first.
UNCERTAIN = {"except WebSocketDisconnect:", "pass  # the receiving side notices, too"}


@pytest.mark.covering(0)
@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(
    "answers",
    [
        {"database": "sqlite", "fixture_loop_scope": "session", "example": "no"},
        {"database": "postgresql"},
        {"database": "postgresql", "data_access": "sqlalchemy", "event_loop": "uvloop"},
    ],
    ids=lambda answers: "-".join(answers.values()),
)
def test_every_line_that_runs_is_covered(
    tmp_path: Path, environment: Environment, answers: Answers, workers: str
) -> None:
    project = render(tmp_path, answers | {"web_framework": "fastapi"})

    run_suite(environment, project, "-n", workers, "--cov", "--cov-report=json:coverage.json")

    report = json.loads((project / "coverage.json").read_text(encoding="utf-8"))
    missing = set()
    for file, of_file in report["files"].items():
        lines = (project / file).read_text(encoding="utf-8").splitlines()
        missing |= {f"{file}: {lines[number - 1].strip()}" for number in of_file["missing_lines"]}
    assert {line.partition(": ")[2] for line in missing} <= UNCERTAIN, missing
