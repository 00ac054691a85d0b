"""Options, markers and fixtures of the tests of the template."""

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock
from helpers.command_line import User, copy_of_template
from helpers.projects import (
    COMBINATIONS,
    Answers,
    command_for,
    each_answer,
    name_of,
    render,
    requirements_of,
)
from helpers.suites import Environment
from uv import find_uv_bin

collect_ignore = ["scenarios"]  # for generated projects

QUICK = ("hooks", "portability", "rendering")
SLOW = {"environment", "user_without_uv"}  # an environment for all answers, and pip


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--thorough",
        action="store_true",
        help="more combinations of answers: hours instead of minutes",
    )


def pytest_configure(config: pytest.Config) -> None:
    # A shell makes what it runs in the background deaf to Ctrl-C, and so are its children.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    text = "combinations(usual, thorough=usual): a test for each, see COMBINATIONS in helpers/projects.py"
    config.addinivalue_line("markers", text)
    text = "quick: rendering and hooks; set by conftest.py, selected with -m quick"
    config.addinivalue_line("markers", text)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that take seconds."""
    for item in items:
        module = item.path.stem.removeprefix("test_")
        if module in QUICK and SLOW.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker("quick")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test its `answers`: the combinations that its marker names."""
    for marker in metafunc.definition.iter_markers("combinations"):
        usual = marker.args[0]
        is_thorough = metafunc.config.getoption("thorough")
        which = marker.kwargs.get("thorough", usual) if is_thorough else usual
        named = {name_of(answers): answers for answers in COMBINATIONS[which]()}
        metafunc.parametrize("answers", named.values(), ids=named)


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Answers], Path]:
    """Generate a project, once for all tests of this worker: they must not change it."""
    root = tmp_path_factory.mktemp("rendered")

    made: dict[str, Path] = {}

    def render_once(answers: Answers) -> Path:
        name = name_of(answers)
        if name not in made:
            made[name] = render(root / name, answers)
        return made[name]

    return render_once


@pytest.fixture
def project(rendered: Callable[[Answers], Path], answers: Answers) -> Path:
    """A project that must not be changed; a failing test says how to get the same."""
    print(f"To do it by hand: {command_for(answers)}")
    return rendered(answers)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The temporary folder that all workers of this run have in common."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


def environment_of(shared: Path, resolution: str, *more: str) -> Environment:
    """Make the environment once, for all workers."""
    made = Environment(shared / resolution)
    with FileLock(shared / f"{resolution}.lock"):
        if not (made.folder / "complete").exists():
            requirements = {
                requirement
                for answers in each_answer()
                for requirement in requirements_of(
                    render(shared / f"for-{resolution}" / name_of(answers), answers)
                )
            }
            uv = [find_uv_bin(), "--quiet"]
            into = ["--python", str(made.python), "--resolution", resolution]
            packages = [*sorted(requirements), *more]
            subprocess.run([*uv, "venv", str(made.folder)], check=True)
            # Compiled once here, and not by every suite that runs.
            install = [*uv, "pip", "install", "--compile-bytecode", *into, *packages]
            subprocess.run(install, check=True)
            (made.folder / "complete").touch()
    return made


@pytest.fixture(scope="session")
def environment(shared: Path) -> Environment:
    """The newest versions of all dependencies."""
    return environment_of(shared, "highest", "pytest-randomly")


@pytest.fixture(scope="session")
def lowest_environment(shared: Path) -> Environment:
    """The lowest versions of all dependencies that a generated project allows."""
    return environment_of(shared, "lowest-direct", "pytest-randomly")


@pytest.fixture
def user(tmp_path: Path) -> User:
    """A user with uv and empty folders."""
    return User(tmp_path)


@pytest.fixture
def user_without_uv(tmp_path: Path) -> User:
    """A user with Python and pip only."""
    return User(tmp_path, uv=False)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A copy of the template that a test can change."""
    return copy_of_template(tmp_path / "template")
