"""The guards as a plugin: settings, modes, other projects, other folders, other versions."""

import itertools
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.projects import render
from helpers.suites import (
    Environment,
    add_scenario,
    assert_mistakes_are_reported,
    expected_reports,
    failures_of,
)
from uv import find_uv_bin

SMALL = {"database": "none", "http_client": "none"}
SCENARIOS = {
    "leaks": "leaks_of_many_kinds",
    "loop_scopes": "loop_scopes",
    "hangs": "hangs",
    "network": "network",
}
SERVERS = {
    "TEST_DATABASE_URL": "postgresql://somebody@db.test/data",
    "TEST_REDIS_URL": "redis://:secret@redis.test:6379/0",
}
LOOPS = [
    {"asyncio_mode": "auto", "fixture_loop_scope": "function"},
    {"asyncio_mode": "strict", "fixture_loop_scope": "class"},
    {"asyncio_mode": "auto", "fixture_loop_scope": "module"},
    {"asyncio_mode": "strict", "fixture_loop_scope": "session", "event_loop": "uvloop"},
    {"asyncio_mode": "auto", "fixture_loop_scope": "session"},
]
LEAKS = """
import asyncio
import pytest
import pytest_asyncio

kept = []

@pytest_asyncio.fixture(scope="LOOP", loop_scope="LOOP")
async def careless():
    kept.append(asyncio.create_task(asyncio.Event().wait()))

@pytest.mark.asyncio
async def test_task():
    kept.append(asyncio.create_task(asyncio.Event().wait()))

@pytest.mark.asyncio
async def test_coroutine():
    asyncio.sleep(0)

@pytest.mark.asyncio
async def test_uses_careless(careless):
    pass

def test_last():
    pass
"""


def write(project: Path, text: str, name: str = "test_more.py", loop: str = "session") -> Path:
    file = project / "tests" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text.replace("LOOP", loop), encoding="utf-8")
    return file


def run(environment: Environment, project: Path, *arguments: str) -> tuple[int, str]:
    options = ("-p", "no:randomly", "-p", "no:cacheprovider", "--tb=short")
    done = environment.run(project, "pytest", *options, *arguments)
    assert "INTERNALERROR" not in done.stdout, done.stdout
    return done.returncode, done.stdout


def set_up(project: Path, settings: str) -> None:
    """Add settings to [tool.pytest]."""
    pyproject = project / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8")
    assert "[tool.pytest]\n" in text
    text = text.replace("[tool.pytest]\n", f"[tool.pytest]\n{settings}\n")
    pyproject.write_text(text, encoding="utf-8")


@pytest.mark.covering(0)
@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: "-".join(loop.values()))
@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_order_of_tests_does_not_matter(
    tmp_path: Path, environment: Environment, loop: dict[str, str], seed: str
) -> None:
    project = render(tmp_path, SMALL | loop)
    path = add_scenario(project, "guards/test_leaks_of_many_kinds")

    failures = failures_of(environment, project, path, seed=seed)

    assert_mistakes_are_reported(project, path, failures)


@pytest.mark.covering(0)
@pytest.mark.parametrize(
    "guards",
    [
        *itertools.combinations(SCENARIOS, 1),
        *(
            pytest.param(pair, marks=pytest.mark.thorough)
            for pair in itertools.combinations(SCENARIOS, 2)
        ),
    ],
    ids="-".join,
)
def test_guards_do_not_need_each_other(
    tmp_path: Path, environment: Environment, guards: tuple[str, ...]
) -> None:
    project = render(tmp_path, {"database": "none", "http_client": "httpx2"})
    paths = [add_scenario(project, f"guards/test_{SCENARIOS[guard]}") for guard in guards]
    expected = {name for path in paths for name in expected_reports(project, path)}
    modes = [f"--guard-{guard.replace('_', '-')}=error" for guard in guards]

    texts = failures_of(environment, project, "--guards=off", *modes, *paths, **SERVERS)

    for name, failures in texts.items():
        if name not in expected:
            assert not failures, f"{name}: {failures}"
        elif "leaks" in guards or "hangs" not in name:
            assert failures, name


@pytest.mark.parametrize("workers", ["0", "2"])
def test_report_mode_fails_nothing_and_says_what_to_do(
    tmp_path: Path, environment: Environment, workers: str
) -> None:
    project = render(tmp_path, SMALL | {"fixture_loop_scope": "session"})
    set_up(project, 'guards = "report"')
    write(project, LEAKS)

    code, output = run(environment, project, "-n", workers, "-W", "default")

    assert code == 0, output
    summary = output.partition("found by the guards, which are in report mode")[2]
    assert re.search(r"\d task pending \(leaks\)", summary), output
    assert re.search(r"1 coroutine never awaited \(leaks\)", summary)
    assert "1 tests/test_more.py::test_task\n" in summary
    assert re.search(r"made at tests/test_more.py:\d+ in test_task", summary)
    assert "in careless" in summary
    assert 'guards_strict = ["tests/test_more.py"]' in summary


def test_settings_decide_for_each_guard_folder_and_library(
    tmp_path: Path, environment: Environment
) -> None:
    project = render(tmp_path, SMALL)
    leak = LEAKS.partition("@pytest.mark.asyncio\nasync def test_coroutine")[0]
    write(project, leak, "test_in_report_mode.py", "function")
    write(project, leak, "test_strict.py", "function")
    set_up(project, 'guard_leaks = "report"\nguards_strict = ["tests/test_strict.py"]')

    assert re.search(r"ERROR tests/test_strict.py::test_task", run(environment, project)[1])
    assert "test_in_report_mode.py::test_task - " not in run(environment, project)[1]
    assert run(environment, project, "--guard-leaks=off")[0] == 0

    pyproject = project / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8")
    ignore = '\nguard_leaks_ignore = ["asyncio.locks"]\n'
    pyproject.write_text(text.replace("\nguards_strict", f"{ignore}guards_strict"))
    assert run(environment, project)[0] == 0


def test_advice_for_an_ini_file_can_be_copied(tmp_path: Path, environment: Environment) -> None:
    project = render(tmp_path, SMALL)
    write(project, LEAKS, loop="function")
    ini = project / "pytest.ini"
    ini.write_text("[pytest]\nasyncio_mode = auto\nguards = report\n")

    code, output = run(environment, project, "tests/test_more.py", "-W", "default")

    assert code == 0, output
    (advice,) = re.findall(r"^(guards_strict = \S+), then", output, re.MULTILINE)
    assert "all, guards = error." in output
    ini.write_text(f"{ini.read_text()}{advice}\n")
    assert run(environment, project, "tests/test_more.py", "-W", "default")[0] == 1


def test_a_strict_path_that_does_not_exist_is_refused(
    tmp_path: Path, environment: Environment
) -> None:
    project = render(tmp_path, SMALL)
    set_up(project, 'guards_strict = ["tests/test_misspelt.py"]')

    done = environment.run(project, "pytest")

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    text = "guards_strict: there is no file or folder 'tests/test_misspelt.py'"
    assert text in done.stdout


def test_strict_paths_are_those_of_the_project_in_a_run_from_above(
    tmp_path: Path, environment: Environment
) -> None:
    project = render(tmp_path, SMALL)
    file = write(project, LEAKS, loop="function").relative_to(tmp_path)
    set_up(project, 'guards = "report"\nguards_strict = ["tests/test_more.py"]')

    done = environment.run(
        tmp_path, "pytest", f"--rootdir={tmp_path}", str(file), "-W", "default", PYTHONPATH="src"
    )

    assert re.search(r"ERROR .*::test_task", done.stdout), done.stdout


def test_leaks_of_wide_fixtures_fail_the_run_and_no_test(
    tmp_path: Path, environment: Environment
) -> None:
    project = render(tmp_path, SMALL | {"fixture_loop_scope": "session"})
    text = LEAKS.replace("async def test_task", "async def leaks_no_task")
    write(project, text.replace("    asyncio.sleep(0)", "    await asyncio.sleep(0)"))

    for workers in ("0", "2"):
        code, output = run(environment, project, "-n", workers)
        assert code == 1, output
        assert " failed" not in output
        assert " error" not in output
        assert re.search(
            r"left behind by fixture 'careless' \(tests/test_more.py:\d+\): task .* is pending",
            output,
        )


def test_the_folder_works_in_another_project(tmp_path: Path, environment: Environment) -> None:
    project = render(tmp_path, SMALL)
    other = tmp_path / "other"
    shutil.copytree(project / "tests" / "guards", other / "checks" / "of_async")
    (other / "checks" / "__init__.py").touch()
    (other / "conftest.py").write_text('pytest_plugins = ["checks.of_async"]\n')
    write(other, LEAKS, loop="session")

    loops = [f"asyncio_default_{kind}_loop_scope=session" for kind in ("fixture", "test")]
    code, output = run(environment, other, "-W", "error", "-o", loops[0], "-o", loops[1])

    assert code == 1
    assert re.search(r"task .* is pending, made at tests/test_more.py:\d+ in test_task", output)
    assert "coroutine 'sleep' was never awaited, made at tests/test_more.py" in output


def test_pytest_ini_of_a_project_is_used_instead_of_its_pyproject(
    tmp_path: Path, environment: Environment
) -> None:
    project = render(tmp_path, SMALL)
    set_up(project, 'guards = "off"')
    ini = "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
    (project / "pytest.ini").write_text(ini)
    write(project, LEAKS, loop="function")

    code, output = run(environment, project, "tests/test_more.py")

    assert code == 1
    assert re.search(r"task .* is pending, made at tests/test_more.py:\d+ in test_task", output)


RUN_IN_PROCESS = """
import gc, sys
import pytest

def settings():
    return gc.get_threshold()[2], len(gc.callbacks), sys.get_coroutine_origin_tracking_depth()

class Compare:
    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self):
        assert all(now > then for now, then in zip(settings(), before, strict=True))

before = settings()
assert pytest.main(["-p", "no:cacheprovider", "tests/test_more.py"], plugins=[Compare()]) == 0
assert settings() == before
"""


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="its collector has no third threshold")
def test_settings_of_the_interpreter_are_restored(tmp_path: Path, environment: Environment) -> None:
    project = render(tmp_path, SMALL)
    write(project, "def test_it(): ...\n")
    (project / "run.py").write_text(RUN_IN_PROCESS, encoding="utf-8")

    done = environment.run(project, "run")

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("loop", ["function", "session"])
def test_what_tests_replace_is_left_alone(
    tmp_path: Path, environment: Environment, loop: str
) -> None:
    project = render(tmp_path, SMALL | {"fixture_loop_scope": loop})
    path = add_scenario(project, "guards/test_replaced_names")

    failures = failures_of(environment, project, path)

    assert_mistakes_are_reported(project, path, failures)


LATE = """
import os
import sys

class Late:
    def __del__(self, compile=compile):
        compile("", "", "exec")  # is audited

def test_it():
    sys.kept = [*sys.modules.values()]  # Python empties them, the oldest last
    os.late = Late()
"""


def test_nothing_is_reported_when_python_ends(tmp_path: Path, environment: Environment) -> None:
    project = render(tmp_path, SMALL)
    write(project, LATE)

    code, output = run(environment, project, "tests/test_more.py")

    assert code == 0, output
    assert "Exception ignored" not in output


ASYNC_IN_PLAIN_CASE = """
import unittest

class Case(unittest.TestCase):
    async def test_it(self): ...
"""


def test_a_coroutine_made_by_a_library_is_reported_with_its_definition(
    tmp_path: Path, environment: Environment
) -> None:
    project = render(tmp_path, SMALL)
    write(project, ASYNC_IN_PLAIN_CASE)

    code, output = run(environment, project, "tests/test_more.py", "-W", "default")

    assert code == 1
    text = r"'Case.test_it' was never awaited, made at .*case.py.*, defined at tests/test_more.py:5"
    assert re.search(text, output), output


def test_a_run_may_start_above_the_project(tmp_path: Path, environment: Environment) -> None:
    project = render(tmp_path, SMALL | {"fixture_loop_scope": "module"})
    options = ("-p", "no:cacheprovider", f"--rootdir={tmp_path}")
    file = next(project.glob("tests/test_*.py")).relative_to(tmp_path)

    for arguments in ([], [project.name], [str(file)]):
        done = environment.run(
            tmp_path, "pytest", *options, *arguments, PYTHONPATH=str(project / "src")
        )
        assert done.returncode == 0, done.stdout


def test_two_projects_in_one_run_are_refused(tmp_path: Path, environment: Environment) -> None:
    one = render(tmp_path, SMALL | {"project_slug": "one"})
    render(tmp_path, SMALL | {"project_slug": "two"})

    done = environment.run(
        tmp_path, "pytest", "-p", "no:cacheprovider", PYTHONPATH=str(one / "src")
    )

    output = done.stdout
    assert done.returncode != 0
    assert "are both the package 'tests'" in output
    assert "Run pytest once for each project: pytest " in output
    assert "Traceback" not in output


@pytest.mark.parametrize("place", ["conftest.py", "test_more.py"])
def test_a_fixture_that_pytest_asyncio_ignores_is_named(
    tmp_path: Path, environment: Environment, place: str
) -> None:
    project = render(tmp_path, SMALL)
    text = "import pytest\n\n@pytest.fixture\ndef event_loop():\n    yield\n\ndef test_it(): ..."
    file = project / "tests" / "more" / place
    file.parent.mkdir()
    file.write_text(text)
    (file.parent / "test_other.py").write_text("def test_other(): ...")

    code, output = run(environment, project)

    assert code == 1
    assert re.search(r"fixture 'event_loop' \(tests/more/\w+.py:3\) has no effect", output)


BROKEN_FIXTURES = """
import pytest

@pytest.fixture
def sets_up():
    raise ValueError("in setup")

@pytest.fixture
def tears_down():
    yield
    raise ValueError("in teardown")

def test_setup(sets_up): ...

def test_teardown(tears_down): ...
"""


def test_the_traceback_of_a_fixture_shows_no_line_of_the_guards(
    tmp_path: Path, environment: Environment
) -> None:
    project = render(tmp_path, SMALL)
    write(project, BROKEN_FIXTURES)

    code, output = run(environment, project, "tests/test_more.py", "--tb=long")

    assert code == 1
    assert "ValueError: in setup" in output
    assert "ValueError: in teardown" in output
    assert "guards" not in output


ANYIO_ALONE = """
import asyncio
import pytest

pytestmark = pytest.mark.anyio
kept = []

@pytest.fixture
def anyio_backend():
    return "asyncio"

async def test_server():
    kept.append(await asyncio.start_server(print, "127.0.0.1", 0))

async def test_right():
    await asyncio.sleep(0)
"""


def test_with_anyio_alone_the_guards_of_pytest_asyncio_are_silently_off(
    tmp_path: Path, environment: Environment
) -> None:
    project = copy_guards(tmp_path, {"anyio": "yes"})
    write(project, ANYIO_ALONE)

    code, output = run(environment, project, "-p", "no:asyncio")

    assert code == 1, output
    assert "asyncio's Server is open, made at tests/test_more.py:" in output
    assert "2 passed, 1 error in" in output  # and no warning


def test_without_pytest_timeout_the_guard_against_hangs_is_off(
    tmp_path: Path, environment: Environment
) -> None:
    project = copy_guards(tmp_path, {})
    write(project, "def test_it(): ...\n")

    code, output = run(environment, project, "-p", "no:timeout")

    assert code == 0, output
    assert "the guard 'hangs' is off: pytest-timeout is not loaded" in output


def copy_guards(tmp_path: Path, answers: dict[str, str]) -> Path:
    """Return an empty project with the guards of a rendered one."""
    rendered = render(tmp_path, SMALL | answers)
    project = tmp_path / "other"
    shutil.copytree(rendered / "tests" / "guards", project / "guards")
    (project / "conftest.py").write_text('pytest_plugins = ["guards"]\n')
    return project


TAKE_AWAY = """
import inspect
from tests.guards import internals

def gone(*_, **__):
    raise AttributeError("no attribute '_gone'")

found = inspect.getclosurevars(getattr(internals, "NAME")).nonlocals
internals.NAME = internals.needed_by(found["guard"], found["without"])(gone)
"""


USES_ALL = """
import asyncio
import pytest
import pytest_asyncio

kept = []

@pytest_asyncio.fixture(scope="function", loop_scope="function")
async def data():
    return 1

@pytest_asyncio.fixture(scope="function", loop_scope="session")
async def broken():
    raise ValueError

async def test_data_of_another_loop(data):
    assert data == 1

def test_broken(request):
    with pytest.raises(ValueError):
        request.getfixturevalue("broken")

@pytest.mark.allow_leaks("it is what the guard looks at")
async def test_leaks():
    kept.append(asyncio.create_task(asyncio.sleep(99)))
    async with await asyncio.start_server(print, "127.0.0.1", 0):
        asyncio.sleep(0)
"""


OPEN_SERVER = """
import asyncio
import pytest

kept = []

@pytest.mark.asyncio
async def test_server():
    kept.append(await asyncio.start_server(lambda *_: None, "127.0.0.1", 0))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="another layout of environments")
def test_scripts_of_the_environment_are_no_code_of_the_project(
    tmp_path: Path, environment: Environment
) -> None:
    project = render(tmp_path, SMALL)
    write(project, OPEN_SERVER)
    subprocess.run([find_uv_bin(), "-q", "venv", project / ".venv"], check=True)
    (installed,) = environment.folder.glob("lib/*/site-packages")
    (packages,) = (project / ".venv").glob("lib/*/site-packages")
    (packages / "installed.pth").write_text(str(installed), encoding="utf-8")
    script = project / ".venv" / "bin" / "pytest"
    script.write_text("import pytest\nraise SystemExit(pytest.main())\n", encoding="utf-8")

    done = subprocess.run(
        [project / ".venv" / "bin" / "python", script, "-p", "no:cacheprovider"],
        cwd=project,
        env=environment.variables(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert "Server is open, made at tests/test_more.py" in done.stdout, done.stdout
    assert ".venv/bin/pytest:" not in done.stdout


def private_uses() -> list[str]:
    guards = Path(__file__).parents[1] / "{{cookiecutter.project_slug}}" / "tests" / "guards"
    text = (guards / "internals.py").read_text(encoding="utf-8")
    names = re.findall(r"^@needed_by\(.*\)\ndef (\w+)", text, re.MULTILINE)
    # Those of AnyIO's backends are not used here: see `tests/test_hangs.py`.
    return [name for name in names if name not in ("wrap_runner", "interrupt")]


@pytest.mark.parametrize("name", private_uses())
def test_without_a_private_attribute_the_suite_runs(
    tmp_path: Path, environment: Environment, name: str
) -> None:
    project = render(tmp_path, SMALL | {"fixture_loop_scope": "session"})
    write(project, TAKE_AWAY.replace("NAME", name), "fixtures/take_away.py")
    write(project, USES_ALL)

    code, output = run(environment, project, "-W", "ignore:coroutine 'sleep'")

    assert code == 0, output
    warned = re.findall(r"the guard '(\w+)' is off: no attribute '_gone'", output)
    assert len(warned) == 1, output
