"""A suite that the generated workflow splits over several jobs."""

import json
import subprocess
from contextlib import nullcontext
from itertools import chain
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from helpers.projects import Answers, render
from helpers.suites import Environment, skip_without_server

SHARDS = ["1/3", "2/3", "3/3"]


def commands_of(project: Path, job: str) -> list[str]:
    """Return what a job of the workflow runs."""
    workflow = yaml.safe_load((project / ".github/workflows/tests.yml").read_text(encoding="utf-8"))
    return [step["run"] for step in workflow["jobs"][job]["steps"] if "run" in step]


def run_job(environment: Environment, project: Path, job: str, **variables: str) -> str:
    """Run what a job of the workflow runs, one process per command, without uv.

    Return the output; an error of a command is an AssertionError.
    """
    output = ""
    for command in commands_of(project, job):
        done = subprocess.run(
            ["bash", "-euc", f'uv() {{ shift; "$PYTHON" -m "$@"; }}; {command}'],
            cwd=project,
            env=environment.variables() | {"PYTHON": str(environment.python)} | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, f"{command}:\n{done.stdout}"
        output += done.stdout
    return output


def collected(environment: Environment, project: Path, shard: str) -> list[str]:
    """Return the tests of a shard."""
    options = "-q --collect-only -p no:cacheprovider -p no:randomly"
    output = run_job(environment, project, "tests", SHARD=shard, PYTEST_ADDOPTS=options)
    return [line for line in output.splitlines() if "::" in line]


def reported_in(report: Path) -> list[str]:
    """Return the tests that a run has reported."""
    cases = ElementTree.parse(report).iter("testcase")
    return [f"{case.get('classname')}::{case.get('name')}" for case in cases]


@pytest.mark.thorough
@pytest.mark.combinations("every answer", nightly="every pair")
def test_shards_run_every_test_once(
    tmp_path: Path, environment: Environment, answers: Answers
) -> None:
    skip_without_server(answers["database"])
    project = render(tmp_path, answers)

    shards = [collected(environment, project, shard) for shard in SHARDS]

    assert all(shards)
    assert sorted(chain(*shards)) == sorted(collected(environment, project, "1/1"))


@pytest.mark.thorough
def test_shards_together_are_one_run(tmp_path: Path, environment: Environment) -> None:
    project = render(tmp_path, {})
    whole = tmp_path / "whole.json"
    reports = [project / f"report-{number}.xml" for number in range(4)]
    job, *parts = ("1/1", *SHARDS)

    def run_shards(shards: list[str], reports: list[Path]) -> None:
        for number, (shard, report) in enumerate(zip(shards, reports, strict=True)):
            run_job(
                *(environment, project, "tests"),
                SHARD=shard,
                COVERAGE_FILE=f".coverage.{number}",
                PYTEST_ADDOPTS=f"--junitxml={report} -p no:cacheprovider -p no:randomly",
            )
        run_job(environment, project, "coverage")
        for file in project.glob(".coverage.*"):
            file.unlink()

    def measured(to: Path) -> dict[str, list[int]]:
        environment.run(project, "coverage", "json", "-q", "-o", str(to))
        files = json.loads(to.read_text(encoding="utf-8"))["files"]
        return {file: found["executed_lines"] for file, found in files.items()}

    run_shards([job], reports[:1])
    expected = measured(whole)
    run_shards(parts, reports[1:])

    assert measured(tmp_path / "parts.json") == expected
    assert sorted(test for report in reports[1:] for test in reported_in(report)) == sorted(
        reported_in(reports[0])
    )


@pytest.mark.thorough
@pytest.mark.combinations("every answer", nightly="every pair")
def test_workflow_passes_in_a_new_project(
    tmp_path: Path, environment: Environment, answers: Answers
) -> None:
    skip_without_server(answers["database"])
    project = render(tmp_path, answers)

    run_job(environment, project, "tests", SHARD="1/1", COVERAGE_FILE=".coverage.0")
    run_job(environment, project, "coverage")


@pytest.mark.thorough
@pytest.mark.parametrize("shards", [["1/1"], SHARDS], ids=["one", "three"])
def test_workflow_passes_in_a_project_with_hardly_a_statement(
    tmp_path: Path, environment: Environment, shards: list[str]
) -> None:
    project = render(tmp_path, {"example": "no", "database": "none", "http_client": "none"})

    for number, shard in enumerate(shards):
        file = f".coverage.{number}"
        run_job(environment, project, "tests", SHARD=shard, COVERAGE_FILE=file)
        assert (project / file).exists()  # or the upload has nothing to upload
    run_job(environment, project, "coverage")


@pytest.mark.parametrize("place", [0, -1], ids=["first", "last"])
def test_slow_test_has_a_shard_of_its_own(
    tmp_path: Path, environment: Environment, place: int
) -> None:
    """No shard is left without tests, which pytest would fail."""
    project = render(tmp_path, {"database": "none", "http_client": "none"})
    run_job(environment, project, "durations", PYTEST_ADDOPTS="-p no:cacheprovider -p no:randomly")
    file = project / ".test_durations"
    durations = json.loads(file.read_text(encoding="utf-8"))
    slow = collected(environment, project, "1/1")[place]
    file.write_text(json.dumps(durations | {slow: 60.0}), encoding="utf-8")

    shards = [collected(environment, project, shard) for shard in SHARDS]

    assert all(shards)
    assert [slow] in shards


def test_renamed_test_is_in_one_shard(tmp_path: Path, environment: Environment) -> None:
    """Without a duration of its own, and with one of a test that is gone."""
    project = render(tmp_path, {"database": "none", "http_client": "none"})
    known, new, *others = collected(environment, project, "1/1")
    durations = dict.fromkeys([known, *others, "tests/test_old.py::test_gone"], 0.01)
    (project / ".test_durations").write_text(json.dumps(durations), encoding="utf-8")

    shards = [collected(environment, project, shard) for shard in SHARDS]

    assert sorted(chain(*shards)) == sorted([known, new, *others])


def test_durations_change_when_no_shard_needs_them(tmp_path: Path) -> None:
    project = render(tmp_path, {})
    workflow = yaml.safe_load((project / ".github/workflows/tests.yml").read_text(encoding="utf-8"))

    assert workflow["jobs"]["durations"]["needs"] == "tests"


@pytest.mark.thorough
def test_failed_test_fails_its_shard_alone(tmp_path: Path, environment: Environment) -> None:
    project = render(tmp_path, {"database": "none", "http_client": "none"})
    failing = "def test_wrong() -> None:\n    assert False\n"
    (project / "tests" / "test_wrong.py").write_text(failing, encoding="utf-8")
    (wrong,) = [
        shard
        for shard in SHARDS
        if "tests/test_wrong.py::test_wrong" in collected(environment, project, shard)
    ]

    for shard in SHARDS:
        outcome = (
            pytest.raises(AssertionError, match="1 failed") if shard == wrong else nullcontext()
        )
        with outcome:
            run_job(environment, project, "tests", SHARD=shard)
