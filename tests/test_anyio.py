"""AnyIO in generated projects: tests run on the backend that their name says, and the guards know it."""

import re
from pathlib import Path

import pytest
from helpers.projects import Answers, name_of, render
from helpers.suites import (
    Environment,
    add_scenario,
    assert_mistakes_are_reported,
    failures_of,
    run_suite,
    shorten_grace,
)

NOTHING_ELSE = {"database": "none", "http_client": "none"}


@pytest.mark.thorough
def test_suite_notices_that_trio_is_not_used(tmp_path: Path, environment: Environment) -> None:
    project = render(tmp_path, NOTHING_ELSE | {"anyio": "yes", "asyncio_mode": "auto"})
    (project / "tests" / "guards" / "backends.py").write_text("", encoding="utf-8")

    # Which plugin wins depends on the order in which they are loaded.
    done = environment.run(project, "pytest", "-p", "anyio", "tests/test_backends.py")

    assert done.returncode == 1, done.stdout
    assert re.search(r"FAILED .*test_tests_and_fixtures_run_on.*\[trio", done.stdout), done.stdout


@pytest.mark.parametrize("first", ["anyio", "asyncio"])
def test_plugins_can_be_loaded_in_any_order(
    tmp_path: Path, environment: Environment, first: str
) -> None:
    project = render(tmp_path, NOTHING_ELSE | {"anyio": "yes", "asyncio_mode": "auto"})

    run_suite(environment, project, "-p", first)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "answers",
    [
        {"asyncio_mode": "auto", "fixture_loop_scope": "function", "event_loop": "asyncio"},
        {"asyncio_mode": "strict", "fixture_loop_scope": "session", "event_loop": "both"},
    ],
    ids=name_of,
)
def test_each_mistake_is_reported(
    tmp_path: Path, environment: Environment, answers: Answers
) -> None:
    project = render(tmp_path, NOTHING_ELSE | {"anyio": "yes"} | answers)
    path = add_scenario(project, "guards/test_mistakes_with_anyio")

    failures = failures_of(environment, project, "-n", "2", path)

    assert_mistakes_are_reported(project, path, failures)


def test_report_mode_fails_no_test_on_another_backend(
    tmp_path: Path, environment: Environment
) -> None:
    project = render(tmp_path, NOTHING_ELSE | {"anyio": "yes"})
    path = add_scenario(project, "guards/test_mistakes_with_anyio")
    tests = "test_wrong_marker or test_wrong_both_markers"

    done = environment.run(project, "pytest", "--guards=report", "-k", tests, path)

    assert done.returncode == 0, done.stdout
    assert "test on another backend (backends)" in done.stdout


def test_refused_cancellation_on_trio_ends_the_run(
    tmp_path: Path, environment: Environment
) -> None:
    project = render(tmp_path, NOTHING_ELSE | {"anyio": "yes"})
    shorten_grace(project)
    path = add_scenario(project, "event_loops/test_refused_cancellation_on_trio")

    done = environment.run(project, "pytest", "-k", "trio", path)

    assert done.returncode == 1, done.stdout
    assert "Timeout" in done.stdout
    assert "sleep_forever" in done.stdout
