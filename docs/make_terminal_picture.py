"""Draw docs/terminal.svg: a real run with the default answers, in a real terminal.

Needs uv and the packages of the group `test`. Run it where nothing has to be downloaded,
or the picture shows your network: .venv/bin/python docs/make_terminal_picture.py
"""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
from pathlib import Path

import pexpect
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

TEMPLATE = Path(__file__).parents[1]
PICTURE = TEMPLATE / "docs" / "terminal.svg"
COLUMNS = 84
SHOWN = (1, 9, 10)  # these questions; the others are cut out and the cut is marked
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"

END_OF_PROMPT = r"\)\x1b\[0m: $"
CUT = "\x1b[2m  ⋮\x1b[0m"


def main() -> None:
    """Run the template and write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        questions, rest = run(folder)
    lines = ["\x1b[1;32m$\x1b[0m cookiecutter gh:org/async-pytest-template"]
    for number, question in enumerate(questions, start=1):
        if number in SHOWN:
            lines += seen(question)
        elif lines[-1] != CUT:
            lines.append(CUT)
    lines += seen(rest)
    while not lines[-1].strip():
        lines.pop()
    picture = draw(lines)
    for private in (folder, tempfile.gettempdir(), str(Path.home()), str(TEMPLATE)):
        if private in picture:
            sys.exit(f"The picture would show {private}; nothing is written.")
    PICTURE.write_text(picture, encoding="utf-8", newline="\n")


def run(folder: str) -> tuple[list[str], str]:
    """Press Enter at every question; return the questions, and what came after them."""
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    commands = os.path.dirname(sys.executable)
    terminal = pexpect.spawn(
        sys.executable,
        ["-m", "cookiecutter", "--default-config", str(TEMPLATE)],
        cwd=folder,
        env={
            **environment,
            "PATH": os.pathsep.join([commands, environment["PATH"]]),
            "PWD": folder,
            "TERM": "xterm-256color",
        },
        encoding="utf-8",
        dimensions=(60, COLUMNS),
        timeout=300,
    )
    questions: list[str] = []
    while terminal.expect([END_OF_PROMPT, pexpect.EOF]) == 0:
        questions.append(terminal.before + terminal.after)
        terminal.sendline()
    rest: str = terminal.before
    terminal.close()
    if terminal.exitstatus:
        sys.exit(f"The run failed:\n{rest}")
    return questions, rest


def seen(output: str) -> list[str]:
    """Return the lines that stay on a terminal, of all that were printed over each other."""
    lines = output.replace("\r\n", "\n").strip("\n").split("\n")
    return [line.rstrip("\r").rpartition("\r")[2].rstrip() for line in lines]


def draw(lines: list[str]) -> str:
    """Return the lines as SVG that loads nothing from anywhere."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    for line in lines:
        console.print(Text.from_ansi(line), soft_wrap=True)
    svg = console.export_svg(title="async-pytest-template", theme=MONOKAI, unique_id="terminal")
    svg = svg.replace("<svg ", '<svg xml:space="preserve" ', 1)  # or some drop leading blanks
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;]*;", f"font-family: {FONTS};", svg)
    if re.search(r"url\(\s*['\"]?http|@import", svg):
        sys.exit("The picture would load something from elsewhere; nothing is written.")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


if __name__ == "__main__":
    main()
