"""The levels of the tests of the template: what a usual run takes and what it leaves out."""

import subprocess
import sys
from pathlib import Path


def test_usual_run_takes_few_of_many_parameters() -> None:
    file = Path(__file__).with_name("test_second_feature.py")  # a database, access, a framework
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider"]

    done = subprocess.run(
        [*command, "--collect-only", file],
        cwd=file.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "1/12 tests collected (11 deselected)" in done.stdout, done.stdout + done.stderr
