"""What Redis costs a test: one command on an emptied Redis, against an empty async test."""

import argparse
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
    "empty": "async def test(number: int) -> None:\n    await asyncio.sleep(0)\n",
    "SET": (
        "async def test(number: int, redis_client: Any, redis_prefix: str) -> None:\n"
        "    await redis_client.set(f'{redis_prefix}key', 1)\n"
    ),
    "cache": "async def test(number: int, cache: Any) -> None:\n    await cache.get(1)\n",
}
HEAD = """
import asyncio
from typing import Any

import pytest


@pytest.mark.asyncio
@pytest.mark.parametrize("number", range({count}))
"""


def seconds_of(python: Path, project: Path, name: str) -> float:
    """Run one file of tests and return the wall seconds."""
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/test_{name}.py"]
    began = time.monotonic()
    subprocess.run(command, cwd=project, capture_output=True, check=True)
    return time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scopes", nargs="*", default=CHOICES["fixture_loop_scope"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        projects: dict[str, Path] = {}
        for scope in options.scopes:
            answers = {"redis": "yes", "database": "none", "http_client": "none"}
            projects[scope] = render(root / scope, answers | {"fixture_loop_scope": scope})
            for kind, test in TESTS.items():
                for count in (1, options.tests):
                    file = projects[scope] / "tests" / f"test_{kind}_{count}.py"
                    file.write_text(HEAD.format(count=count) + test)
        python = root / "environment" / "bin" / "python"
        uv = [find_uv_bin(), "--quiet"]
        subprocess.run([*uv, "venv", root / "environment"], check=True)
        requirements = requirements_of(next(iter(projects.values())))
        install = [*uv, "pip", "install", "--compile-bytecode", "--python", python, *requirements]
        subprocess.run([*install, "-e", next(iter(projects.values()))], check=True)
        costs: dict[tuple[str, str], list[float]] = {}
        for _ in range(options.rounds):
            for scope, project in projects.items():
                for kind in TESTS:
                    # The start of pytest and of the server is in both, and cancels out.
                    few, many = (
                        seconds_of(python, project, f"{kind}_{count}")
                        for count in (1, options.tests)
                    )
                    cost = (many - few) / (options.tests - 1) * 1000
                    costs.setdefault((scope, kind), []).append(cost)
    print(
        f"{options.tests} tests, {options.rounds} rounds, wall ms per test: median [lowest, highest]"
    )
    for (scope, kind), values in costs.items():
        extra = statistics.median(
            value - empty for value, empty in zip(values, costs[scope, "empty"], strict=True)
        )
        spread = f"[{min(values):.2f}, {max(values):.2f}]"
        print(f"{scope:9}{kind:7}{statistics.median(values):5.2f} {spread}, {extra:+.2f}")


if __name__ == "__main__":
    main()
