"""What the tests of generated projects share."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock
from generated import each_answer, name_of, render, requirements_of
from uv import find_uv_bin


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
def environment(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Environment:
    """Make the environment once, for all workers."""
    root = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        root = root.parent
    made = Environment(root / "environment")
    with FileLock(root / "environment.lock"):
        if not (made.folder / "complete").exists():
            requirements = {
                requirement
                for answers in each_answer()
                for requirement in requirements_of(
                    render(root / "requirements" / name_of(answers), answers)
                )
            }
            uv = [find_uv_bin(), "--quiet"]
            into = ["--python", str(made.python)]
            packages = [*sorted(requirements), "pytest-randomly"]
            subprocess.run([*uv, "venv", str(made.folder)], check=True)
            subprocess.run([*uv, "pip", "install", *into, *packages], check=True)
            (made.folder / "complete").touch()
    return made


def skip_without_server(database: str) -> None:
    """Skip, in words, what needs a database server that this machine does not have."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
    if database == "mysql" and not any(
        shutil.which(program, path=path) for program in ("mariadbd", "mysqld")
    ):
        pytest.skip("no MySQL server here: apt install mariadb-server, or brew install mariadb")
