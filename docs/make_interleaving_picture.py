"""Draw docs/interleaving.svg: the report of the lost update in docs/time_and_order.md.

Needs uv and the packages of the group `test`: .venv/bin/python docs/make_interleaving_picture.py
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path

from cookiecutter.main import cookiecutter

TEMPLATE = Path(__file__).parents[1]
TEXT = TEMPLATE / "docs" / "time_and_order.md"
PICTURE = TEMPLATE / "docs" / "interleaving.svg"
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
STEP = 38  # characters of a column in the report
CHARACTER, LINE, MARGIN = 8, 22, 16
COLOURS = ("#dbeafe", "#fde68a", "#e5e7eb")


def main() -> None:
    """Run the test that the documentation shows, and draw its report."""
    report = run().partition(" interleavings -")[2]
    title, command, _, *lines = report.split("\n")[1:]
    end = next(number for number, line in enumerate(lines) if line.startswith("=="))
    if title not in TEXT.read_text(encoding="utf-8"):
        sys.exit(f"docs/time_and_order.md has another report than {title!r}, {command!r}")
    PICTURE.write_text(draw(lines[:end]), encoding="utf-8", newline="\n")


def run() -> str:
    """Return what pytest prints about the test in a project with the default answers."""
    text = TEXT.read_text(encoding="utf-8")
    example = re.search(r"```python\n(class Account:.*?)```", text, re.DOTALL)
    if example is None:
        sys.exit("docs/time_and_order.md has no class Account")
    with tempfile.TemporaryDirectory() as folder:
        answers = {"run_suite": "no"}
        project = cookiecutter(
            str(TEMPLATE),
            no_input=True,
            default_config=True,
            output_dir=folder,
            extra_context=answers,
        )
        test = "import asyncio\n\nimport pytest\n\n\n" + example[1]
        Path(project, "tests", "test_account.py").write_text(test, encoding="utf-8")
        command = ("uv", "run", "--quiet", "pytest", "tests/test_account.py")
        done = subprocess.run(
            command, cwd=project, capture_output=True, text=True, check=False
        )  # fails, as the test does
        return done.stdout


def draw(lines: list[str]) -> str:
    """Return the table of steps as SVG: a column for each task, a row for each turn."""
    rows = [[line[at : at + STEP].strip() for at in (0, STEP, 2 * STEP)] for line in lines]
    width = 3 * STEP * CHARACTER + 2 * MARGIN
    height = len(rows) * LINE + 2 * MARGIN
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">',
        f'<g font-family="{FONTS}" font-size="13">',
        f'<rect width="{width}" height="{height}" rx="8" fill="#ffffff" stroke="#d1d5db"/>',
    ]
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            x, y = MARGIN + column * STEP * CHARACTER, MARGIN + row * LINE
            if cell and row:
                drawn.append(
                    f'<rect x="{x}" y="{y}" width="{(STEP - 1) * CHARACTER}"'
                    f' height="{LINE - 2}" rx="4" fill="{COLOURS[column]}"/>'
                )
            if cell:
                weight = ' font-weight="bold"' if row == 0 else ""
                drawn.append(f'<text x="{x + 6}" y="{y + 15}"{weight}>{escape(cell)}</text>')
    return "\n".join([*drawn, "</g>", "</svg>"]) + "\n"


if __name__ == "__main__":
    main()
