"""The template's own code passes its linters, and no test of its own is left out by all runs."""

import ast
import subprocess
import sys

import pytest
from helpers.projects import TEMPLATE


@pytest.mark.parametrize(
    "command",
    [["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]],
    ids=" ".join,
)
def test_tool_finds_nothing(command: list[str]) -> None:
    checked = run_module(*command)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def run_module(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=TEMPLATE,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def collected(*options: str) -> set[str]:
    """Return the ids of the tests that a run with some options takes."""
    listed = run_module("pytest", "--collect-only", "-q", "-n0", *options)
    assert listed.returncode == 0, listed.stdout
    return {line for line in listed.stdout.splitlines() if "::" in line}


@pytest.mark.thorough
def test_ci_runs_every_test_once() -> None:
    usual, rest = collected(), collected("--thorough", "-m", "thorough")
    assert usual
    assert rest
    assert usual.isdisjoint(rest)
    assert usual | rest == collected("--thorough")
    assert "--thorough -m thorough" in (TEMPLATE / ".ci" / "run").read_text(encoding="utf-8")


def test_no_test_module_imports_another() -> None:
    for module in (TEMPLATE / "tests").glob("test_*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                name = node.module or ""
                assert name != "conftest", module
                assert not name.startswith("test_"), module
