"""Redis in generated projects: isolation, servers, the cache."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.projects import CHOICES, Answers, command_for, render
from helpers.suites import (
    SIGNALS,
    Environment,
    add_scenario,
    is_served,
    run_suite,
    wait_until,
    waiting_suite,
)

CACHED_APPLICATION = {"redis": "yes", "database": "none", "web_framework": "fastapi"}
ONLY_REDIS = {"redis": "yes", "database": "none", "http_client": "none"}
WITHOUT_SERVER = "tests/test_concurrency.py"
WITH_SERVER = "tests/test_cache.py::test_hit_is_not_fetched"
NEEDS_SOCKETS = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no servers on sockets in files"
)


@pytest.mark.covering(0)
@NEEDS_SOCKETS
@pytest.mark.parametrize(
    "loop",
    [
        pytest.param(loop, marks=[] if loop in ("function", "session") else pytest.mark.thorough)
        for loop in CHOICES["fixture_loop_scope"]
    ],
)
def test_every_test_starts_with_an_empty_redis(
    tmp_path: Path, environment: Environment, loop: str
) -> None:
    answers = ONLY_REDIS | {"fixture_loop_scope": loop}
    project = render(tmp_path, answers)
    path = add_scenario(project, "redis/test_isolation")
    print(f"To do it by hand: {command_for(answers)}")

    for order in (("-p", "no:randomly"), ("--randomly-seed=1",), ("-n2",)):
        assert run_suite(environment, project, *order, path)["xfailed"] == 2


@NEEDS_SOCKETS
@pytest.mark.covering
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("how", SIGNALS)
@pytest.mark.parametrize(
    ("fixtures", "folder"),
    [
        pytest.param(
            "redis_url, redis_client", "[os.path.dirname(urlsplit(redis_url).path)]", id="the run's"
        ),
        pytest.param(
            "fresh_redis", "[os.path.dirname(urlsplit(fresh_redis.url).path)]", id="fresh"
        ),
    ],
)
def test_server_ends_with_the_run(
    tmp_path: Path, environment: Environment, fixtures: str, folder: str, how: str, workers: int
) -> None:
    project = render(tmp_path, ONLY_REDIS)
    with waiting_suite(environment, project, fixtures, folder, workers) as (suite, folders):
        assert all(map(is_served, folders))

        os.killpg(suite.pid, SIGNALS[how])

        wait_until(
            lambda: not any(folder.exists() or is_served(folder) for folder in folders), seconds=15
        )


def run_with_own_server(
    environment: Environment, project: Path, account: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run a suite with a server that it has not started, and that has keys of its own."""
    add_scenario(project, "servers/use_other_redis")
    return environment.run(project, "tests.use_other_redis", account, *arguments)


@NEEDS_SOCKETS
@pytest.mark.covering(0)
@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(
    "answers", [ONLY_REDIS, CACHED_APPLICATION], ids=["cache alone", "application"]
)
def test_external_server_is_used_and_restored(
    tmp_path: Path, environment: Environment, answers: Answers, workers: str
) -> None:
    project = render(tmp_path, answers)
    add_scenario(project, "servers/test_killed_worker_with_redis")

    done = run_with_own_server(environment, project, "tester:right", "-n", workers)

    killed = "worker 'gw" in done.stdout
    assert killed == (workers == "2"), done.stdout
    assert "own server was used" in done.stdout, done.stdout
    assert done.returncode == (1 if killed else 0), done.stdout


@NEEDS_SOCKETS
@pytest.mark.covering
@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(
    ("account", "says"),
    [
        ("tester:wrong", "invalid username-password pair"),
        ("reader:right", "has no permissions to run the 'set' command"),
    ],
)
def test_account_that_cannot_write_is_reported(
    tmp_path: Path, environment: Environment, account: str, says: str, workers: str
) -> None:
    project = render(tmp_path, ONLY_REDIS)

    done = run_with_own_server(environment, project, account, "-n", workers, WITH_SERVER)

    line, *_ = [line for line in done.stdout.splitlines() if "TEST_REDIS_URL: " in line]
    assert says in line
    assert done.returncode == 69, done.stdout
    assert "passed" not in done.stdout


@pytest.mark.covering
@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://somebody:secret@localhost", "must specify one of the following schemes"),
        ("redis://somebody:secret@127.0.0.1:1/0", "connecting to 127.0.0.1:1"),
        ("redis://somebody:secret@127.0.0.1:one/0", "Port could not be cast"),
        ("unix:///not/there", "No such file"),
    ],
)
def test_unusable_server_ends_the_tests_that_need_it(
    tmp_path: Path, environment: Environment, url: str, says: str, workers: str
) -> None:
    project = render(tmp_path, ONLY_REDIS)

    run_suite(environment, project, "-n", workers, WITHOUT_SERVER, TEST_REDIS_URL=url)
    done = environment.run(project, "pytest", "-n", workers, WITH_SERVER, TEST_REDIS_URL=url)

    line, *_ = [line for line in done.stdout.splitlines() if "TEST_REDIS_URL: " in line]
    assert says in line
    assert "needed is redis://user:password@host" in line
    assert "secret" not in done.stdout
    assert done.returncode == 69, done.stdout
    assert "passed" not in done.stdout


def without_program(project: Path) -> None:
    """Make a suite find no server program."""
    fixtures = project / "tests" / "fixtures" / "redis_server.py"
    text = fixtures.read_text(encoding="utf-8")
    nowhere = text.replace("/valkey-server", "/not-there")
    nowhere = nowhere.replace('("valkey-server", "redis-server")', '("not-there", "neither")')
    assert nowhere.count("not-there") == 2
    fixtures.write_text(nowhere, encoding="utf-8")


@pytest.mark.parametrize("workers", ["0", "2"])
def test_message_without_a_server_says_how_to_get_one(
    tmp_path: Path, environment: Environment, workers: str
) -> None:
    project = render(tmp_path, ONLY_REDIS)
    without_program(project)

    done = environment.run(project, "pytest", "-p", "no:cacheprovider", "-n", workers)

    assert done.returncode == 69, done.stdout
    assert "apt install valkey-server" in done.stdout
    assert "TEST_REDIS_URL" in done.stdout
