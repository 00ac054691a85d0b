"""Generated suites: they pass with every pair of answers, in every order and distribution."""

from pathlib import Path

import pytest
from helpers.projects import Answers, command_for, render
from helpers.suites import (
    DISTRIBUTIONS,
    Environment,
    distribution_for,
    run_suite,
    skip_without_server,
)

EVERYTHING = {"database": "postgresql", "http_client": "httpx2"}


@pytest.mark.combinations("every answer", thorough="every pair", nightly="every triple")
def test_suite_is_green(tmp_path: Path, environment: Environment, answers: Answers) -> None:
    skip_without_server(answers["database"])
    project = render(tmp_path, answers)
    print(f"To do it by hand: {command_for(answers)}")

    counts = run_suite(
        environment, project, "--randomly-seed=1", "-n2", f"--dist={distribution_for(answers)}"
    )

    assert [*counts] == ["passed"]
    assert counts["passed"] > 5


@pytest.mark.thorough
@pytest.mark.combinations("every pair", nightly="every triple")
def test_every_order_and_the_lowest_versions_are_green(
    tmp_path: Path, environment: Environment, lowest_environment: Environment, answers: Answers
) -> None:
    skip_without_server(answers["database"])
    project = render(tmp_path, answers)
    print(f"To do it by hand: {command_for(answers)}")

    serial = run_suite(environment, project, "-p", "no:randomly")
    parallel = run_suite(environment, project, "--randomly-seed=1", "-n2")
    shuffled = run_suite(environment, project, "--randomly-seed=2")
    lowest = run_suite(lowest_environment, project, "--randomly-seed=3")

    assert [*serial] == ["passed"]
    assert parallel == shuffled == lowest == serial


@pytest.mark.thorough
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_every_distribution_to_workers_is_green(
    tmp_path: Path, environment: Environment, distribution: str
) -> None:
    project = render(tmp_path, EVERYTHING | {"fixture_loop_scope": "session"})

    for seed in (1, 2):
        run_suite(environment, project, "-n2", f"--dist={distribution}", f"--randomly-seed={seed}")
