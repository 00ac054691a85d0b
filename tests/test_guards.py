"""Each guard of a generated project: the mistake fails with a clear message; correct code beside it passes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet
from helpers.projects import CHOICES, Answers, command_for, render
from helpers.suites import (
    Environment,
    add_scenario,
    assert_mistakes_are_reported,
    failures_of,
)

LOOPS = [
    {"asyncio_mode": mode, "fixture_loop_scope": scope}
    for mode in CHOICES["asyncio_mode"]
    for scope in ("function", "class", "module", "session")
]
LOOPS += [
    {"asyncio_mode": "auto", "fixture_loop_scope": "function", "event_loop": "uvloop"},
    {"asyncio_mode": "strict", "fixture_loop_scope": "session", "event_loop": "uvloop"},
]
POSTGRESQL = {"database": "postgresql", "http_client": "httpx2"}
SQLITE = {"database": "sqlite", "http_client": "aiohttp"}
NO_DATABASE = {"database": "none", "http_client": "httpx2"}
REDIS = NO_DATABASE | {"redis": "yes"}
SERVERS = {
    "TEST_DATABASE_URL": "postgresql://somebody@db.test/data",
    "TEST_REDIS_URL": "redis://:secret@redis.test:6379/0",
}


MISTAKES: dict[str, tuple[list[str], Answers, dict[str, str]]] = {
    "most": (["loop_scopes", "hangs", "leaks"], POSTGRESQL, {}),
    "many kinds": (["leaks_of_many_kinds"], NO_DATABASE, {}),
    "sqlite": (["leaks_of_sqlite"], SQLITE, {}),
    "threads": (["threads"], NO_DATABASE, {}),
    "network": (["network"], NO_DATABASE, SERVERS),
    "redis": (["leaks_of_redis"], REDIS, {}),
}


def cases() -> Iterator[ParameterSet]:
    """Yield every kind of mistake with every loop, of which a usual run takes one in rotation."""
    for number, (kind, mistakes) in enumerate(MISTAKES.items()):
        for index, loop in enumerate(LOOPS):
            for workers in ("0", "2") if index % 3 == 0 else ("0",):
                is_usual = index == 3 * number % len(LOOPS) and workers == "0"
                yield pytest.param(
                    *(*mistakes, loop, workers),
                    id="-".join([kind, *loop.values(), workers]),
                    marks=[] if is_usual else pytest.mark.thorough,
                )


@pytest.mark.parametrize(("mistakes", "answers", "variables", "loop", "workers"), list(cases()))
def test_each_mistake_is_reported(
    tmp_path: Path,
    environment: Environment,
    mistakes: list[str],
    answers: Answers,
    variables: dict[str, str],
    loop: Answers,
    workers: str,
) -> None:
    project = render(tmp_path, answers | loop)
    paths = [add_scenario(project, f"guards/test_{name}") for name in mistakes]
    print(f"To do it by hand: {command_for(answers | loop)}")

    failures = failures_of(environment, project, "-n", workers, *paths, **variables)

    for path in paths:
        assert_mistakes_are_reported(project, path, failures)


PAIRS = {
    "wide fixture, narrow test": ("session", "session", "function"),
    "narrow fixture, wide test": ("function", "function", "session"),
    "wide fixture, narrower loop": ("session", "function", "function"),
    "only the test departs": ("function", None, "module"),
}


@pytest.mark.covering(0)
@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("default", ["function", "module", "session"])
def test_suggested_change_makes_the_test_pass(
    tmp_path: Path, environment: Environment, default: str, pair: str
) -> None:
    project = render(
        tmp_path, {"database": "none", "http_client": "none", "fixture_loop_scope": default}
    )
    scope, fixture_loop, test_loop = PAIRS[pair]
    fixture = f'@pytest_asyncio.fixture(scope="{scope}", loop_scope="{fixture_loop or default}")'
    test = f'@pytest.mark.asyncio(loop_scope="{test_loop}")'
    text = (
        "import asyncio\nimport pytest\nimport pytest_asyncio\n"
        f"{fixture}\nasync def loop():\n    return asyncio.get_running_loop()\n"
        f"{test}\nasync def test_loop(loop):\n    assert loop is asyncio.get_running_loop()\n"
    )
    file = project / "tests" / "test_pair.py"
    file.write_text(text, encoding="utf-8")

    for _ in range(2):  # a fixture whose scope was wrong may then be on a wrong loop
        (failures,) = failures_of(environment, project, "tests/test_pair.py").values()
        if failures:
            change = failures[0].partition("Write ")[2].splitlines()[0]
            change = change[change.index("@") :].rstrip(",")
            old = test if "@pytest.mark" in change else fixture
            text = text.replace(old, change)
            test, fixture = (change, fixture) if old == test else (test, change)
            file.write_text(text, encoding="utf-8")

    assert failures_of(environment, project, "tests/test_pair.py") == {"test_loop": []}


BESIDE = """
import asyncio
async def start():
    asyncio.create_task(asyncio.Event().wait())
"""


def test_code_outside_the_project_is_a_library(tmp_path: Path, environment: Environment) -> None:
    project = render(tmp_path, NO_DATABASE)
    beside = project.with_name(f"{project.name}-beside")
    beside.mkdir()
    (beside / "beside.py").write_text(BESIDE, encoding="utf-8")
    added = project / add_scenario(project, "guards/test_code_beside")
    tests = project / "tests" / "guards_and_more" / added.name
    tests.parent.mkdir()
    added.rename(tests)

    found = failures_of(environment, project, str(tests))

    (library,), (own,) = found["test_library"], found["test_own_code"]
    assert "made at tests/guards_and_more/test_code_beside.py:" in library  # where it is called
    assert "made at tests/guards_and_more/test_code_beside.py:" in own


@pytest.mark.covering(0)
@pytest.mark.parametrize("guard", ["loop_scopes", "hangs", "leaks", "network"])
def test_guard_is_removed_with_its_file_and_its_line(
    tmp_path: Path, environment: Environment, guard: str
) -> None:
    project = render(tmp_path, {})
    guards = project / "tests" / "guards" / "__init__.py"
    lines = guards.read_text(encoding="utf-8").splitlines(keepends=True)
    guards.write_text("".join(line for line in lines if f'    "{guard}": ' not in line))
    (guards.parent / f"{guard}.py").unlink()

    done = environment.run(project, "pytest", "-p", "no:cacheprovider")

    assert len(guards.read_text(encoding="utf-8").splitlines()) == len(lines) - 1
    assert done.returncode == 0, done.stdout
