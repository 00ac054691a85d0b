"""The code of the template itself is held to what it demands of generated code."""

import subprocess
import sys

import pytest
from helpers.projects import TEMPLATE


@pytest.mark.parametrize(
    "command",
    [["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]],
    ids=" ".join,
)
def test_tool_has_nothing_to_say(command: list[str]) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=TEMPLATE,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
