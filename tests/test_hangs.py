"""A hang always ends, wherever the alarm's exception lands, and disturbs no other test."""

from pathlib import Path

import pytest
from helpers.projects import Answers, name_of, render
from helpers.suites import (
    Environment,
    add_scenario,
    assert_mistakes_are_reported,
    failures_of,
    shorten_grace,
)

NOTHING = {"database": "none", "http_client": "none"}
LOOPS = [
    {"asyncio_mode": "auto", "fixture_loop_scope": "function", "event_loop": "asyncio"},
    {"asyncio_mode": "strict", "fixture_loop_scope": "module", "event_loop": "asyncio"},
    {"asyncio_mode": "auto", "fixture_loop_scope": "session", "event_loop": "uvloop"},
]


@pytest.mark.parametrize(
    ("scenario", "answers", "loop"),
    [
        pytest.param(
            *(scenario, answers, loop),
            id=f"{scenario}-{name_of(loop)}",
            marks=[] if LOOPS.index(loop) == usual else pytest.mark.thorough,
        )
        for scenario, answers, usual in (
            ("hangs_end", {}, 0),
            ("anyio_scopes", {"anyio": "yes"}, None),
        )
        for loop in LOOPS
    ],
)
def test_hangs_end_with_their_test(
    tmp_path: Path, environment: Environment, scenario: str, answers: Answers, loop: Answers
) -> None:
    project = render(tmp_path, NOTHING | answers | loop)
    shorten_grace(project)
    path = add_scenario(project, f"guards/test_{scenario}")

    failures = failures_of(environment, project, path)

    assert_mistakes_are_reported(project, path, failures)


NEVER_ENDS = """
import asyncio, pytest, queue

@pytest.mark.timeout(0.5)
@pytest.mark.asyncio
async def test_thread_blocks_for_ever():
    await asyncio.to_thread(queue.Queue().get)

@pytest.mark.asyncio
async def test_after():
    await asyncio.sleep(0)
"""


@pytest.mark.covering(0)
@pytest.mark.parametrize("workers", ["0", "1"])
@pytest.mark.parametrize("scope", ["function", "session"])
def test_a_thread_that_blocks_for_ever_does_not_hold_the_run(
    tmp_path: Path, environment: Environment, scope: str, workers: str
) -> None:
    project = render(tmp_path, NOTHING | {"fixture_loop_scope": scope})
    shorten_grace(project)
    (project / "tests" / "test_never_ends.py").write_text(NEVER_ENDS, encoding="utf-8")

    texts = failures_of(environment, project, "-n", workers, "tests/test_never_ends.py")

    (failure,) = texts["test_thread_blocks_for_ever"]
    assert "hung at tests/test_never_ends.py" in failure
    assert texts["test_after"] == []


DOCTEST = '''
def hang():
    """
    >>> import asyncio
    >>> asyncio.run(asyncio.Event().wait())
    """
'''


def test_a_doctest_that_hangs_ends(tmp_path: Path, environment: Environment) -> None:
    project = render(tmp_path, NOTHING)
    (project / "tests" / "documented.py").write_text(DOCTEST, encoding="utf-8")

    texts = failures_of(
        environment, project, "--doctest-modules", "--timeout=0.5", "tests/documented.py"
    )

    ((failure,),) = texts.values()
    assert "Timeout (>0.5s): tests.documented.hang hung" in failure


TAKES_AWAY = """
import types

def pytest_configure():
    from tests.guards import internals
    internals.backend_of_anyio = lambda name: types.SimpleNamespace()
"""


def test_the_guard_is_off_when_a_private_attribute_is_gone(
    tmp_path: Path, environment: Environment
) -> None:
    project = render(tmp_path, NOTHING | {"anyio": "yes"})
    (project / "src" / "takes_away.py").write_text(TAKES_AWAY, encoding="utf-8")

    done = environment.run(project, "pytest", "-p", "takes_away", "tests/test_backends.py")

    assert done.returncode == 0, done.stdout
    assert done.stdout.count("the guard 'hangs' is off") == 1
    assert "has no attribute 'TestRunner'" in done.stdout


UNSTOPPABLE = """
import pytest, time

@pytest.mark.timeout(0.5)
def test_swallows_everything():
    while True:
        try:
            time.sleep(30)
        except BaseException:
            pass
"""


@pytest.mark.parametrize("method", ["signal", "thread"])
def test_what_resists_to_the_end_ends_the_run(
    tmp_path: Path, environment: Environment, method: str
) -> None:
    project = render(tmp_path, NOTHING)
    shorten_grace(project)
    (project / "tests" / "test_unstoppable.py").write_text(UNSTOPPABLE, encoding="utf-8")

    done = environment.run(
        project, "pytest", f"--timeout-method={method}", "tests/test_unstoppable.py"
    )

    assert done.returncode == 1, done.stdout
    assert "test_swallows_everything hung at tests/test_unstoppable.py" in done.stdout


AWAIT = """
import asyncio, pytest

@pytest.mark.asyncio
async def test_await():
    await asyncio.Event().wait()

@pytest.mark.asyncio
async def test_after():
    await asyncio.sleep(0)
"""


@pytest.mark.parametrize("option", ["--timeout-method=thread", "-o timeout_func_only=true"])
def test_a_hung_await_ends_with_other_settings_of_pytest_timeout(
    tmp_path: Path, environment: Environment, option: str
) -> None:
    project = render(tmp_path, NOTHING)
    (project / "tests" / "test_await.py").write_text(AWAIT, encoding="utf-8")

    texts = failures_of(
        environment, project, "--timeout=0.5", *option.split(), "tests/test_await.py"
    )

    (failure,) = texts["test_await"]
    assert "Timeout (>0.5s): test_await hung at tests/test_await.py:6 in test_await" in failure
    assert texts["test_after"] == []


SLOW_TEARDOWN = """
import time
import pytest

@pytest.fixture
def slow():
    yield
    time.sleep(1)

def test_passes(slow):
    pass
"""


def test_limit_of_the_body_leaves_the_teardown_its_time(
    tmp_path: Path, environment: Environment
) -> None:
    project = render(tmp_path, NOTHING)
    (project / "tests" / "test_slow.py").write_text(SLOW_TEARDOWN, encoding="utf-8")
    settings = ("--timeout=0.5", "-o", "timeout_func_only=true")

    failures = failures_of(environment, project, *settings, "tests/test_slow.py")

    assert failures == {"test_passes": []}
