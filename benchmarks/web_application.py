"""What a request through the application costs: a test that stores a row, against an empty one."""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from generated import CHOICES, render, requirements_of
from uv import find_uv_bin

TESTS = {
    "empty": """
import asyncio

import pytest


@pytest.mark.asyncio
@pytest.mark.parametrize("number", range({count}))
async def test_empty(number: int) -> None:
    await asyncio.sleep(0)
""",
    "request": """
import pytest


@pytest.mark.asyncio
@pytest.mark.parametrize("number", range({count}))
async def test_request(client, number: int) -> None:
    user = {{"id": 1, "name": "Ada", "email": "ada@example.com"}}
    assert (await client.post("/users", json=user)).status_code == 201
""",
}


def project_of(folder: Path, answers: dict[str, str], tests: str) -> Path:
    """Generate a project whose only tests are these."""
    project = render(folder, answers)
    for file in (project / "tests").glob("test_*.py"):
        file.unlink()
    (project / "tests" / "test_only.py").write_text(tests)
    return project


def seconds_of(python: Path, project: Path) -> tuple[float, float]:
    """Run a suite and return the seconds on the clock, and those of CPU (with the server's)."""
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = {"PYTHONPATH": "src", "PATH": "/usr/bin:/bin"}
    subprocess.run(command, cwd=project, capture_output=True, check=True, env=environment)
    after, ended = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    return ended - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", default="postgresql", choices=CHOICES["database"])
    parser.add_argument("--scope", default="session", choices=CHOICES["fixture_loop_scope"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        answers = {
            "web_framework": "fastapi",
            "database": options.database,
            "fixture_loop_scope": options.scope,
        }
        projects = {
            (access, kind): project_of(
                root / f"{access}-{kind}",
                answers | {"data_access": access},
                tests.format(count=options.tests),
            )
            for access in CHOICES["data_access"]
            for kind, tests in TESTS.items()
        }
        python = root / "environment" / "bin" / "python"
        uv = [find_uv_bin(), "--quiet"]
        subprocess.run([*uv, "venv", root / "environment"], check=True)
        requirements = {r for project in projects.values() for r in requirements_of(project)}
        install = [*uv, "pip", "install", "--python", python, *sorted(requirements)]
        subprocess.run(install, check=True)
        runs = {key: [] for key in projects}
        for _ in range(options.rounds):
            for key, project in projects.items():
                runs[key].append(seconds_of(python, project))
    print(f"{options.tests} tests, {options.rounds} rounds, ms per test with start-up")
    for access in CHOICES["data_access"]:
        for clock, what in enumerate(["wall", "CPU"]):
            empty, request = (
                [run[clock] / options.tests * 1000 for run in runs[access, kind]] for kind in TESTS
            )
            differences = [b - a for a, b in zip(empty, request, strict=True)]
            print(
                f"{access:10} {what:4} empty {statistics.median(empty):.2f}   "
                f"request {statistics.median(request):.2f}   "
                f"difference {statistics.median(differences):+.2f} "
                f"[{min(differences):+.2f}, {max(differences):+.2f}]"
            )


if __name__ == "__main__":
    main()
