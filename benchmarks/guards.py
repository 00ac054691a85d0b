"""What the guards cost: empty async tests in a generated project, with and without them."""

import argparse
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from generated import CHOICES, render, requirements_of
from uv import find_uv_bin

EMPTY_TESTS = """
import asyncio

import pytest


@pytest.mark.asyncio
@pytest.mark.parametrize("number", range({count}))
async def test_empty(number: int) -> None:
    await asyncio.sleep(0)
"""


def project_of(folder: Path, loop_scope: str, count: int, *, guarded: bool) -> Path:
    """Generate a project whose only tests are empty ones."""
    answers = {"database": "none", "http_client": "none", "fixture_loop_scope": loop_scope}
    project = render(folder, answers)
    for file in (project / "tests").glob("test_*.py"):
        file.unlink()
    (project / "tests" / "test_empty.py").write_text(EMPTY_TESTS.format(count=count))
    if not guarded:
        conftest = project / "tests" / "conftest.py"
        lines = conftest.read_text().splitlines(keepends=True)
        conftest.write_text("".join(line for line in lines if "tests.guards" not in line))
        shutil.rmtree(project / "tests" / "guards")
    return project


def seconds_of(python: Path, project: Path) -> float:
    """Run a suite and return its CPU seconds, which a busy machine disturbs less than wall time."""
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=project, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        projects = {
            (scope, guarded): project_of(
                root / f"{scope}-{guarded}", scope, options.tests, guarded=guarded
            )
            for scope in CHOICES["fixture_loop_scope"]
            for guarded in (False, True)
        }
        python = root / "environment" / "bin" / "python"
        uv = [find_uv_bin(), "--quiet"]
        subprocess.run([*uv, "venv", root / "environment"], check=True)
        requirements = requirements_of(next(iter(projects.values())))
        install = [*uv, "pip", "install", "--python", python, *requirements]
        subprocess.run(install, check=True)
        runs = {key: [] for key in projects}
        for _ in range(options.rounds):
            for key, project in projects.items():
                runs[key].append(seconds_of(python, project) / options.tests * 1000)
    print(
        f"{options.tests} tests, {options.rounds} rounds, CPU ms per test with start-up, median [lowest, highest]"
    )
    for scope in CHOICES["fixture_loop_scope"]:
        without, guarded = runs[scope, False], runs[scope, True]
        differences = [b - a for a, b in zip(without, guarded, strict=True)]
        print(
            f"{scope:9} without {statistics.median(without):.2f}   "
            f"with {statistics.median(guarded):.2f}   "
            f"difference {statistics.median(differences):+.2f} "
            f"[{min(differences):+.2f}, {max(differences):+.2f}]"
        )


if __name__ == "__main__":
    main()
