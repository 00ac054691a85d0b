"""uvloop, both loops, and AnyIO's backends: each test runs where its name says, and guards see it."""

import itertools
import re
from pathlib import Path

import pytest
from conftest import Environment, skip_without_server
from generated import CHOICES, Answers, command_for, name_of, render
from test_guards import drop_in, outcomes
from test_suites import run_suite

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


WIDE_AND_NARROW = """
import asyncio
import pytest
import pytest_asyncio
import uvloop

made = []

@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def data():
    made.append(type(asyncio.get_running_loop()).__module__)
    return len(made)

@pytest_asyncio.fixture(scope="function", loop_scope="function")
async def loop():
    return asyncio.get_running_loop()

@pytest.mark.asyncio
@pytest.mark.parametrize("time", [1, 2, 3])
async def test_async(data, loop, time):
    assert asyncio.get_running_loop() is loop

def test_sync(data, loop, request):
    assert isinstance(loop, uvloop.Loop) == ("[asyncio" not in request.node.name)

def test_dynamic(request):
    assert request.getfixturevalue("loop")

@pytest.mark.asyncio
async def test_made_once_for_each_loop(data):
    assert len(made) == data <= 2
"""


@pytest.mark.parametrize("loops", ["uvloop", "both"])
def test_wide_fixtures_are_made_once_for_each_loop(
    tmp_path: Path, environment: Environment, loops: str
) -> None:
    project = render(tmp_path, NOTHING_ELSE | {"event_loop": loops})
    (project / "tests" / "test_wide.py").write_text(WIDE_AND_NARROW, encoding="utf-8")

    counts = run_suite(environment, project, "-p", "no:randomly", "tests/test_wide.py")

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


def test_suite_notices_that_trio_is_not_used(tmp_path: Path, environment: Environment) -> None:
    project = render(tmp_path, NOTHING_ELSE | {"anyio": "yes", "asyncio_mode": "auto"})
    (project / "tests" / "guards" / "backends.py").write_text("", encoding="utf-8")

    # Which plugin wins depends on the order in which they are loaded.
    done = environment.run(project, "pytest", "-p", "anyio", "tests/test_streams.py")

    assert done.returncode == 1, done.stdout
    assert re.search(r"FAILED .*test_tests_and_fixtures_run_on.*\[trio", done.stdout), done.stdout


@pytest.mark.parametrize("first", ["anyio", "asyncio"])
def test_the_order_of_plugins_does_not_matter(
    tmp_path: Path, environment: Environment, first: str
) -> None:
    project = render(tmp_path, NOTHING_ELSE | {"anyio": "yes", "asyncio_mode": "auto"})

    run_suite(environment, project, "-p", first)


@pytest.mark.parametrize(
    "answers",
    [
        {"asyncio_mode": "auto", "fixture_loop_scope": "function", "event_loop": "asyncio"},
        {"asyncio_mode": "strict", "fixture_loop_scope": "session", "event_loop": "both"},
    ],
    ids=name_of,
)
def test_guards_name_the_mistakes_in_tests_of_anyio(
    tmp_path: Path, environment: Environment, answers: Answers
) -> None:
    project = render(tmp_path, NOTHING_ELSE | {"anyio": "yes"} | answers)
    expected = drop_in(project, "anyio_tests", answers["fixture_loop_scope"])

    texts = outcomes(environment, project, "-n", "2", "tests/test_anyio_tests.py")

    assert set(expected) == {name for name in texts if name.startswith("test_wrong")}
    for name, failures in texts.items():
        if name in expected:
            assert re.search(expected[name], "\n".join(failures)), f"{name}: {failures}"
        else:
            assert not failures, f"{name}: {failures}"


REFUSES = """
import asyncio
import pytest

pytestmark = pytest.mark.timeout(0.5)

@pytest.mark.asyncio
async def test_refuses_to_be_cancelled():
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        await asyncio.Event().wait()

@pytest.mark.asyncio
async def test_after():
    await asyncio.sleep(0)
"""

REFUSES_ON_TRIO = """
import anyio
import pytest

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(0.5)]

async def test_refuses_to_be_cancelled():
    with anyio.CancelScope(shield=True):
        await anyio.sleep_forever()
"""


def shorten_grace(project: Path) -> None:
    """Let who refuses to be cancelled do so for a moment only."""
    hangs = project / "tests" / "guards" / "hangs.py"
    text = hangs.read_text(encoding="utf-8")
    assert "GRACE = 5.0 " in text
    hangs.write_text(text.replace("GRACE = 5.0 ", "GRACE = 0.2 "), encoding="utf-8")


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_await_that_refuses_to_be_cancelled_ends(
    tmp_path: Path, environment: Environment, loop: str
) -> None:
    project = render(tmp_path, NOTHING_ELSE | {"event_loop": loop})
    shorten_grace(project)
    (project / "tests" / "test_refuses.py").write_text(REFUSES, encoding="utf-8")

    texts = outcomes(environment, project, "tests/test_refuses.py")

    assert "hung at" in texts["test_refuses_to_be_cancelled"][0]
    assert texts["test_after"] == []


def test_await_on_trio_that_refuses_to_be_cancelled_ends_the_run(
    tmp_path: Path, environment: Environment
) -> None:
    project = render(tmp_path, NOTHING_ELSE | {"anyio": "yes"})
    shorten_grace(project)
    (project / "tests" / "test_refuses.py").write_text(REFUSES_ON_TRIO, encoding="utf-8")

    done = environment.run(project, "pytest", "-k", "trio", "tests/test_refuses.py")

    assert done.returncode == 1, done.stdout
    assert "Timeout" in done.stdout
    assert "sleep_forever" in done.stdout
