"""Options, markers and fixtures of the tests of the template."""

import itertools
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet
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


# What a run leaves out unless an option of the same name asks for it.
LEVELS = {
    "thorough": "what costs much beside what it proves: .ci/run runs it, too",
    "nightly": "what takes hours; includes --thorough",
}
MARKERS = {
    "combinations(usual, thorough=usual, nightly=thorough)": "a test for each, by their names in "
    "COMBINATIONS of helpers/projects.py",
    "covering(strength=1)": "of all combinations of its parameters, a usual run takes few, in which "
    "each value (1) or each pair of values (2) occurs, or only one (0); the others are thorough",
    "quick": "rendering and hooks; set by conftest.py",
    **LEVELS,
}


def pytest_addoption(parser: pytest.Parser) -> None:
    for level, contents in LEVELS.items():
        parser.addoption(f"--{level}", action="store_true", help=f"run also {contents}")


def pytest_xdist_auto_num_workers() -> int:
    """Start one worker more than there are cores: tests wait for what they start."""
    return (os.cpu_count() or 1) + 1


def pytest_configure(config: pytest.Config) -> None:
    # A shell makes what it runs in the background ignore Ctrl-C, and its children inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for marker, text in MARKERS.items():
        config.addinivalue_line("markers", f"{marker}: {text}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test its `answers`: the combinations that its marker names, each with its level."""
    for marker in metafunc.definition.iter_markers("combinations"):
        parameters: dict[str, ParameterSet] = {}
        for level in ("usual", *LEVELS):
            named = marker.args[0] if level == "usual" else marker.kwargs.get(level)
            if named and (level == "usual" or is_wanted(metafunc.config, level)):
                marks = [] if level == "usual" else [getattr(pytest.mark, level)]
                for answers in COMBINATIONS[named]():
                    name = name_of(answers)
                    parameters.setdefault(name, pytest.param(answers, id=name, marks=marks))
        metafunc.parametrize("answers", parameters.values())


@pytest.hookimpl(tryfirst=True)  # before -m selects
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests with the level that they belong to, and deselect those of a level not asked for."""
    for _, alike in itertools.groupby(items, lambda item: item.nodeid.partition("[")[0]):
        mark_what_covers_nothing_new([*alike])
    for item in items:
        module = item.path.stem.removeprefix("test_")
        if module in QUICK and SLOW.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker("quick")
    unwanted = [level for level in LEVELS if not is_wanted(config, level)]
    left_out = [item for item in items if any(map(item.get_closest_marker, unwanted))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        ids = {*map(id, left_out)}
        items[:] = [item for item in items if id(item) not in ids]


def is_wanted(config: pytest.Config, level: str) -> bool:
    """Tell whether an option asks for a level, or for one that includes it."""
    levels = [*LEVELS]
    return any(config.getoption(wanted) for wanted in levels[levels.index(level) :])


def mark_what_covers_nothing_new(items: list[pytest.Item]) -> None:
    """Choose few of the items of a test, as its marker `covering` says, and mark the others."""
    marker = items[0].get_closest_marker("covering")
    if not marker:
        return
    strength = marker.args[0] if marker.args else 1
    covers = {}
    for item in items:
        assert isinstance(item, pytest.Function)
        values = sorted((name, repr(value)) for name, value in item.callspec.params.items())
        covers[item] = set(itertools.combinations(values, strength))
    uncovered = set().union(*covers.values())
    while uncovered:
        chosen = max(covers, key=lambda item: len(covers[item] & uncovered))
        uncovered -= covers.pop(chosen)
    for item in covers:
        item.add_marker("thorough")


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
