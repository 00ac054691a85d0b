"""What the tests of generated projects share."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock
from generated import (
    COMBINATIONS,
    Answers,
    command_for,
    each_answer,
    name_of,
    render,
    requirements_of,
)
from uv import find_uv_bin

QUICK = ("hooks", "portability", "rendering")
SLOW = {"environment", "person_without_uv"}  # an environment for all answers, and pip


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--thorough",
        action="store_true",
        help="more combinations of answers, for a machine that has the night for it",
    )


def pytest_configure(config: pytest.Config) -> None:
    # A shell makes what it runs in the background deaf to Ctrl-C, and so are its children.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    text = "combinations(usual, thorough=usual): a test for each, see COMBINATIONS in generated.py"
    config.addinivalue_line("markers", text)
    text = "quick: rendering and hooks; marked by themselves, to be chosen with -m quick"
    config.addinivalue_line("markers", text)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what a person can wait for."""
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


@dataclass(frozen=True)
class Environment:
    """An environment with the dependencies of every answer, so that no test installs any."""

    folder: Path

    @property
    def python(self) -> Path:
        """The interpreter of the environment."""
        return self.folder / ("Scripts" if os.name == "nt" else "bin") / "python"

    def run(
        self, project: Path, *arguments: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run `python -m …` in a project, as if the project were installed."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_"))}
        return subprocess.run(
            [self.python, "-m", *arguments],
            cwd=project,
            env=kept | {"PYTHONPATH": "src", "PYTHONDONTWRITEBYTECODE": "1"} | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )


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


def skip_without_server(database: str) -> None:
    """Skip, in words, what needs a database server that this machine does not have."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
    if database == "mysql" and not any(
        shutil.which(program, path=path) for program in ("mariadbd", "mysqld")
    ):
        pytest.skip("no MySQL server here: apt install mariadb-server, or brew install mariadb")
