"""The project: where it is, its files, and the Python that runs its tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from os.path import relpath
from pathlib import Path
from typing import NamedTuple

GUARDS = Path(__file__).resolve().parents[1]
TESTS = GUARDS.parent
FIXTURES = GUARDS / "fixtures"
# In the order in which pytest looks for its settings.
CONFIGURATION = (
    *("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini"),
    *("pyproject.toml", "tox.ini", "setup.cfg"),
)
SECTIONS = {"setup.cfg": "tool:pytest", "pyproject.toml": "tool.pytest.ini_options"}
ENVIRONMENTS = frozenset([".venv", ".tox", ".nox", "venv", "env", "site-packages"])


class CannotRunError(Exception):
    """The suite cannot be run; the text says why."""


class Project(NamedTuple):
    """Where a project is, and how its tests import the guards."""

    root: Path
    base: Path  # what must be on the path
    plugin: str
    top: Path  # where pytest's settings are: in a monorepo this may be above the root

    @property
    def conftest(self) -> Path:
        """The conftest.py that pytest loads before it knows its options."""
        is_initial = TESTS.parent == self.top and TESTS.name.startswith("test")
        return (TESTS if is_initial else self.top) / "conftest.py"

    @property
    def plugins(self) -> list[str]:
        """The guards and, if they were asked for, the fixtures."""
        return [
            self.plugin,
            *([f"{self.plugin}.fixtures"] if FIXTURES.exists() else []),
        ]

    def name(self, path: Path) -> str:
        """Return the path of a file as a person in the project types it."""
        is_inside = path.is_relative_to(self.top)
        return Path(relpath(path, self.root) if is_inside else path).as_posix()


def find_project() -> Project:
    marks = (*CONFIGURATION, "setup.py", ".git")
    above = [TESTS, *TESTS.parents]
    roots = (
        folder for folder in above if any((folder / mark).exists() for mark in marks)
    )
    root = next(roots, TESTS.parent)
    base = TESTS
    while (base / "__init__.py").exists():
        base = base.parent
    plugin = ".".join(GUARDS.relative_to(base).parts)
    return Project(root, base, plugin, find_top(root))


def find_top(root: Path) -> Path:
    """Return the folder, in the same repository, whose settings pytest reads."""
    for folder in (root, *root.parents):
        if settings_in(folder):
            return folder
        if (folder / ".git").exists():
            break
    return root


def settings_in(folder: Path) -> Path | None:
    """Return the file that pytest would read there, as its documentation says."""
    for name in CONFIGURATION:
        path, text = folder / name, text_of(folder / name)
        section = SECTIONS.get(name, "pytest")
        if path.exists() and (
            "pytest.ini" in name
            or "pytest.toml" in name
            or f"[{section}]" in text
            or (name == "pyproject.toml" and "[tool.pytest]" in text)
        ):
            return path
    return None


def is_loaded(project: Project, plugin: str = "") -> bool:
    name = f'"{plugin or project.plugin}"'
    return name in text_of(project.conftest).replace("'", '"')


def text_of(path: Path) -> str:
    """Return the text of a file with its own line endings; nothing if there is none."""
    if not path.exists():
        return ""
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


def output_of(*command: str, cwd: Path) -> str:
    """Return what a command prints, without the end of the line; nothing if it fails."""
    program = shutil.which(command[0])
    if not program:
        return ""
    done = subprocess.run(
        [program, *command[1:]],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return "" if done.returncode else done.stdout.rstrip("\n")


def sources(project: Project) -> Iterator[tuple[Path, str]]:
    """Yield the files of the tests."""
    for path in sorted({*TESTS.rglob("*.py"), *project.root.rglob("conftest.py")}):
        inside = path.relative_to(project.root).parts
        if not path.is_relative_to(GUARDS) and ENVIRONMENTS.isdisjoint(inside):
            yield path, path.read_text(encoding="utf-8", errors="replace")


def find_python(project: Project, given: str, last: str) -> str:
    """Return a Python that has pytest: that of the project's environment."""
    root = project.root
    if given:
        tried = {"--python": given}
    else:
        folders = [
            folder / name
            for folder in dict.fromkeys([root, project.top])
            for name in (".venv", "venv", "env")
        ]
        tried = {project.name(folder): python_of(folder) for folder in folders}
        for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
            if folder := os.environ.get(variable):
                tried[variable] = python_of(Path(folder))
        if "[tool.poetry" in text_of(root / "pyproject.toml"):
            folder = output_of("poetry", "env", "info", "--path", cwd=root)
            tried["poetry"] = python_of(Path(folder or root / "none"))
        if last:
            tried["this Python"] = last
    for python in tried.values():
        if Path(python).exists() and output_of(
            python, "-c", "import pytest; print(1)", cwd=root
        ):
            return python
    makes = next((how for mark, how in MAKE.items() if (root / mark).exists()), "")
    raise CannotRunError(
        f"no Python with pytest was found ({', '.join(tried)}).\n"
        f"Make the environment of the project{makes}, or name its Python: --python PATH"
    )


MAKE = {
    "uv.lock": " (uv sync)",
    "poetry.lock": " (poetry install)",
    "pdm.lock": " (pdm install)",
}


def python_of(environment: Path) -> str:
    folder = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    return str(environment / folder)
