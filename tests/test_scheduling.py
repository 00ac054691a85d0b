"""Time and order under control: virtual time and interleavings in generated projects."""

import re
from pathlib import Path

import pytest
from helpers.projects import CHOICES, Answers, name_of, render
from helpers.suites import (
    Environment,
    add_scenario,
    assert_mistakes_are_reported,
    counts_of,
    failures_of,
    run_suite,
)

SMALL = {"database": "none", "http_client": "none"}
LOOPS = [
    pytest.param(
        {"asyncio_mode": CHOICES["asyncio_mode"][number % 2], "fixture_loop_scope": scope},
        marks=[] if scope in ("function", "session") else pytest.mark.thorough,
    )
    for number, scope in enumerate(CHOICES["fixture_loop_scope"])
]


@pytest.mark.covering(0)
@pytest.mark.parametrize("answers", LOOPS, ids=name_of)
def test_time_jumps_only_over_time(
    tmp_path: Path, environment: Environment, answers: Answers
) -> None:
    project = render(tmp_path, SMALL | answers)
    path = add_scenario(project, "scheduling/test_virtual_time")

    failures = failures_of(environment, project, path)

    assert_mistakes_are_reported(project, path, failures)


@pytest.mark.covering(0)
@pytest.mark.parametrize("answers", LOOPS, ids=name_of)
def test_idle_connections_of_wider_fixtures_do_not_stop_the_jumps(
    tmp_path: Path, environment: Environment, answers: Answers
) -> None:
    project = render(tmp_path, SMALL | answers)
    path = add_scenario(project, "scheduling/test_wide_fixtures")

    assert run_suite(environment, project, path, "--timeout=10") == {"passed": 2}


def test_markers_are_for_async_tests(tmp_path: Path, environment: Environment) -> None:
    project = render(tmp_path, SMALL)
    path = add_scenario(project, "scheduling/test_sync_tests")

    failures = failures_of(environment, project, path)

    assert_mistakes_are_reported(project, path, failures)


@pytest.mark.parametrize("scope", ["function", "session"])
def test_next_test_has_real_time(tmp_path: Path, environment: Environment, scope: str) -> None:
    project = render(tmp_path, SMALL | {"fixture_loop_scope": scope})
    path = add_scenario(project, "scheduling/test_real_time_afterwards")

    assert run_suite(environment, project, "-p", "no:randomly", path) == {"passed": 2}


@pytest.mark.covering(0)
@pytest.mark.parametrize("answers", LOOPS[::4], ids=name_of)
def test_classic_races_are_found_and_repaired_ones_pass(
    tmp_path: Path,
    environment: Environment,
    answers: Answers,
    pytestconfig: pytest.Config,
) -> None:
    project = render(tmp_path, SMALL | answers)
    orders = "1000" if pytestconfig.getoption("thorough") else "100"
    path = add_scenario(project, "scheduling/test_interleavings", RIGHT=orders)

    failures = failures_of(environment, project, path)

    assert_mistakes_are_reported(project, path, failures)


@pytest.mark.covering(0)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_lost_update_in_a_database_is_found(
    tmp_path: Path, environment: Environment, database: str, pytestconfig: pytest.Config
) -> None:
    answers = {"database": database, "data_access": "sqlalchemy", "http_client": "none"}
    project = render(tmp_path, answers)
    orders = "1000" if pytestconfig.getoption("thorough") else "20"
    path = add_scenario(project, "scheduling/test_lost_update", RIGHT=orders)

    failures = failures_of(environment, project, path)

    assert_mistakes_are_reported(project, path, failures)


def test_order_that_fails_is_reduced_and_repeated(tmp_path: Path, environment: Environment) -> None:
    project = render(tmp_path, SMALL)
    path = add_scenario(project, "scheduling/test_repeated_order")
    run = ("pytest", "-p", "no:randomly", path, "-k", "test_order or new or known or skipped")

    first, again = (environment.run(project, *run, ONCE="") for _ in range(2))

    counts = {"failed": 1, "passed": 1, "skipped": 1, "deselected": 2, "xfailed": 1}
    assert counts_of(first.stdout) == counts
    explained = re.compile(r"Order (\d+) of seed 0 fails; (\d+) swaps .*\npytest '(\S+)' (\S+)")
    found = explained.search(first.stdout)
    assert found, first.stdout
    _, swaps, node, option = found.groups()
    assert explained.search(again.stdout), again.stdout
    assert explained.search(again.stdout)[0] == found[0]  # type: ignore[index]
    assert re.search(r"\nsecond task +first task +test_order\n", first.stdout), first.stdout
    assert int(swaps) == option.count(":")
    repeated = environment.run(project, "pytest", "-p", "no:randomly", node, option)
    assert counts_of(repeated.stdout) == {"failed": 1}
    traces = [re.findall("TRACE (.*)", each.stdout)[-1] for each in (first, repeated)]
    assert traces[0] == traces[1]
    passing = environment.run(project, "pytest", "-p", "no:randomly", node, "--interleaving=")
    assert counts_of(passing.stdout) == {"passed": 1}


def test_failure_that_does_not_repeat_is_reported_all_the_same(
    tmp_path: Path, environment: Environment
) -> None:
    project = render(tmp_path, SMALL)
    path = add_scenario(project, "scheduling/test_repeated_order")

    done = environment.run(project, "pytest", path, "-k", "once", ONCE=str(tmp_path / "once"))

    assert counts_of(done.stdout) == {"failed": 1, "deselected": 5}
    assert "passed when it was repeated" in done.stdout


def test_each_order_has_the_timeout_of_the_test(tmp_path: Path, environment: Environment) -> None:
    project = render(tmp_path, SMALL)
    path = add_scenario(project, "scheduling/test_repeated_order")

    done = environment.run(project, "pytest", path, "-k", "hangs", ONCE="")

    assert counts_of(done.stdout) == {"failed": 1, "deselected": 5}
    assert "Timeout (>1" in done.stdout
    assert "swaps of tasks are enough" in done.stdout


def test_option_that_is_no_order_is_refused(tmp_path: Path, environment: Environment) -> None:
    project = render(tmp_path, SMALL)

    done = environment.run(project, "pytest", "--interleaving=first")

    assert done.returncode == 4
    assert "--interleaving" in done.stdout


@pytest.mark.parametrize("event_loop", ["uvloop", "both"])
def test_marked_tests_run_on_the_loop_of_asyncio(
    tmp_path: Path, environment: Environment, event_loop: str
) -> None:
    project = render(tmp_path, SMALL | {"event_loop": event_loop, "asyncio_mode": "strict"})
    path = add_scenario(project, "scheduling/test_real_time_afterwards")

    counts = run_suite(environment, project, "-p", "no:randomly", path)

    assert counts == {"passed": 2 if event_loop == "uvloop" else 3}
