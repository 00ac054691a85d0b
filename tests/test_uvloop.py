"""uvloop, alone and beside asyncio: each test runs on the loop that its name says."""

import itertools
from pathlib import Path

import pytest
from helpers.projects import CHOICES, Answers, command_for, name_of, render
from helpers.suites import (
    Environment,
    add_scenario,
    failures_of,
    run_suite,
    shorten_grace,
    skip_without_server,
)

NOTHING_ELSE = {"database": "none", "http_client": "none"}
SYSTEMS = itertools.cycle(
    [
        {"database": "postgresql", "data_access": "driver", "http_client": "aiohttp"},
        {"database": "sqlite", "data_access": "sqlalchemy", "http_client": "httpx2"},
        {"database": "mysql", "data_access": "driver", "http_client": "httpx"},
        {"database": "postgresql", "data_access": "sqlalchemy", "http_client": "none"},
        {"database": "none", "data_access": "driver", "http_client": "aiohttp"},
        {"database": "mysql", "data_access": "sqlalchemy", "http_client": "httpx2"},
        {"database": "sqlite", "data_access": "driver", "http_client": "aiohttp"},
    ]
)
COVERING: list[Answers] = [
    {
        "asyncio_mode": mode,
        "fixture_loop_scope": scope,
        **next(SYSTEMS),
        "event_loop": loop,
        "anyio": anyio,
    }
    for (loop, scope), mode, anyio in zip(
        itertools.product(["uvloop", "both"], CHOICES["fixture_loop_scope"]),
        itertools.cycle(["strict", "auto"]),
        itertools.cycle(["yes", "yes", "no"]),
        strict=False,
    )
]


@pytest.mark.thorough
@pytest.mark.parametrize("answers", [pytest.param(a, id=name_of(a)) for a in COVERING])
def test_every_loop_scope_is_green(
    tmp_path: Path, environment: Environment, answers: Answers
) -> None:
    skip_without_server(answers["database"])
    project = render(tmp_path, answers)
    print(f"To do it by hand: {command_for(answers)}")

    serial = run_suite(environment, project, "-p", "no:randomly")
    parallel = run_suite(environment, project, "-n2")
    shuffled = run_suite(environment, project, "-p", "randomly")

    assert list(serial) == ["passed"]
    assert serial == parallel == shuffled


@pytest.mark.parametrize("loops", ["uvloop", "both"])
def test_wide_fixtures_are_made_once_for_each_loop(
    tmp_path: Path, environment: Environment, loops: str
) -> None:
    project = render(tmp_path, NOTHING_ELSE | {"event_loop": loops})
    path = add_scenario(project, "event_loops/test_wide_fixtures")

    counts = run_suite(environment, project, "-p", "no:randomly", path)

    assert counts == {"passed": 6 if loops == "uvloop" else 11}


@pytest.mark.parametrize("loops", ["uvloop", "both"])
def test_suite_notices_that_uvloop_is_not_used(
    tmp_path: Path, environment: Environment, loops: str
) -> None:
    project = render(tmp_path, NOTHING_ELSE | {"event_loop": loops})
    (project / "tests" / "fixtures" / "event_loop.py").unlink()

    done = environment.run(project, "pytest", "-p", "no:cacheprovider", "tests/test_loops.py")

    assert done.returncode == 1, done.stdout
    assert "2 failed" in done.stdout


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_refused_cancellation_ends(tmp_path: Path, environment: Environment, loop: str) -> None:
    project = render(tmp_path, NOTHING_ELSE | {"event_loop": loop})
    shorten_grace(project)
    path = add_scenario(project, "event_loops/test_refused_cancellation")

    failures = failures_of(environment, project, path)

    assert "hung at" in failures["test_refuses_to_be_cancelled"][0]
    assert failures["test_after"] == []
