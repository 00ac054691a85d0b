"""The template's own code passes its linters, and no test of its own is left out by all runs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.projects import TEMPLATE
from uv import find_uv_bin


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


@pytest.mark.thorough
def test_benchmarks_need_nothing_but_their_group(tmp_path: Path) -> None:
    uv, python = find_uv_bin(), str(tmp_path / "bin" / "python")
    for command in (["venv", str(tmp_path)], ["pip", "install", "-p", python, "--group", "bench"]):
        subprocess.run([uv, "--quiet", *command], cwd=TEMPLATE, check=True)

    done = subprocess.run([python, "benchmarks/run.py", "--help"], cwd=TEMPLATE, check=False)

    assert done.returncode == 0


def test_no_test_module_imports_another() -> None:
    for module in (TEMPLATE / "tests").glob("test_*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                name = node.module or ""
                assert name != "conftest", module
                assert not name.startswith("test_"), module
