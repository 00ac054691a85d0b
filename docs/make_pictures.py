"""Draw the pictures of the documentation from real runs.

Needs uv and the packages of the group `test`. Run it where nothing has to be downloaded,
or a picture shows your network: .venv/bin/python docs/make_pictures.py
"""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path

import pexpect
from cookiecutter.main import cookiecutter
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

TEMPLATE = Path(__file__).parents[1]
DOCS = TEMPLATE / "docs"
COLUMNS = 100
SHOWN = (1, 11, 12)  # these questions; the others are cut out and the cut is marked
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
END_OF_PROMPT = r"\)\x1b\[0m: $"
CUT = "\x1b[2m  ⋮\x1b[0m"
PROMPT = "\x1b[1;32m$\x1b[0m "

MISTAKES = """\
import asyncio


async def refresh_prices() -> None:
    await asyncio.sleep(3600)


async def test_background_task() -> None:
    asyncio.create_task(refresh_prices())


async def send_mail() -> bool:
    return True


async def test_forgotten_await() -> None:
    send_mail()


async def test_hung_queue() -> None:
    jobs: asyncio.Queue[int] = asyncio.Queue()
    await jobs.get()
"""

# Of the picture of an interleaving: a column for each task, a row for each step.
STEP = 38  # characters of a column in the report
CHARACTER, LINE, MARGIN = 8, 22, 16
LIGHT = {"card": "#ffffff", "text": "#1f2328", "a": "#dbeafe", "b": "#fde68a", "c": "#e5e7eb"}
DARK = {"card": "#0d1117", "text": "#e6edf3", "a": "#1f3a5f", "b": "#5c4813", "c": "#30363d"}


def main() -> None:
    """Run the template and suites of it, and write the pictures."""
    pictures = {"terminal.svg": draw_terminal(generation())}
    with project() as folder:
        (folder / "tests" / "test_orders.py").write_text(MISTAKES, encoding="utf-8")
        for name, options in (("guards.svg", []), ("report_mode.svg", ["--guards=report"])):
            command = ["pytest", "tests/test_orders.py", "--timeout=1", *options]
            output = run(folder, "uv", ["run", "--quiet", *command, "--no-header"])
            shown = output[output.index(next(line for line in output if "====" in line)) :]
            pictures[name] = draw_terminal([PROMPT + "uv run " + " ".join(command), *shown])
        pictures["interleaving.svg"] = draw_steps(interleaving(folder))
    for name, picture in pictures.items():
        for private in (tempfile.gettempdir(), str(Path.home()), str(TEMPLATE)):
            if private in picture:
                sys.exit(f"{name} would show {private}; nothing is written.")
    for name, picture in pictures.items():
        (DOCS / name).write_text(picture, encoding="utf-8", newline="\n")


@contextmanager
def project() -> Iterator[Path]:
    """Generate a project with the default answers."""
    with tempfile.TemporaryDirectory() as folder:
        made = cookiecutter(
            str(TEMPLATE),
            no_input=True,
            default_config=True,
            output_dir=folder,
            extra_context={"run_suite": "no"},
        )
        yield Path(made)


def generation() -> list[str]:
    """Press Enter at every question; return what stays on the terminal."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["-m", "cookiecutter", "--default-config", str(TEMPLATE)]
        terminal = open_terminal(folder, sys.executable, command)
        questions: list[str] = []
        while terminal.expect([END_OF_PROMPT, pexpect.EOF]) == 0:
            questions.append(terminal.before + terminal.after)
            terminal.sendline()
        rest: str = terminal.before
        terminal.close()
        if terminal.exitstatus:
            sys.exit(f"The run failed:\n{rest}")
    lines = [PROMPT + "cookiecutter gh:org/async-pytest-template"]
    for number, question in enumerate(questions, start=1):
        if number in SHOWN:
            lines += seen(question)
        elif lines[-1] != CUT:
            lines.append(CUT)
    return lines + seen(rest)


def run(folder: Path, program: str, arguments: list[str]) -> list[str]:
    """Run a command in a terminal and return what stays on it."""
    terminal = open_terminal(str(folder), program, arguments)
    terminal.expect(pexpect.EOF)
    return seen(terminal.before)


def open_terminal(folder: str, program: str, arguments: list[str]) -> pexpect.spawn[str]:
    changing = ("NO_COLOR", "CI", "BUILD_NUMBER")  # what rich and pytest print
    environment = {name: value for name, value in os.environ.items() if name not in changing}
    commands = os.path.dirname(sys.executable)
    return pexpect.spawn(
        program,
        arguments,
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


def seen(output: str) -> list[str]:
    """Return the lines that stay on a terminal, of all that were printed over each other."""
    lines = output.replace("\r\n", "\n").strip("\n").split("\n")
    return [line.rstrip("\r").rpartition("\r")[2].rstrip() for line in lines]


def draw_terminal(lines: list[str]) -> str:
    """Return the lines as SVG that loads nothing from anywhere."""
    while not lines[-1].strip():
        lines.pop()
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    for line in lines:
        console.print(Text.from_ansi(line), overflow="fold")
    svg = console.export_svg(title="async-pytest-template", theme=MONOKAI, unique_id="terminal")
    svg = svg.replace("<svg ", '<svg xml:space="preserve" ', 1)  # or some drop leading blanks
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;]*;", f"font-family: {FONTS};", svg)
    if re.search(r"url\(\s*['\"]?http|@import", svg):
        sys.exit("The picture would load something from elsewhere; nothing is written.")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def interleaving(folder: Path) -> list[str]:
    """Return the steps that pytest reports for the example in docs/time_and_order.md."""
    text = (DOCS / "time_and_order.md").read_text(encoding="utf-8")
    example = re.search(r"```python\n(class Account:.*?)```", text, re.DOTALL)
    if example is None:
        sys.exit("docs/time_and_order.md has no class Account")
    test = "import asyncio\n\nimport pytest\n\n\n" + example[1]
    (folder / "tests" / "test_account.py").write_text(test, encoding="utf-8")
    command = ["run", "--quiet", "pytest", "--color=no", "tests/test_account.py"]
    report = "\n".join(run(folder, "uv", command)).partition(" interleavings -")[2]
    title, command_shown, _, *lines = report.split("\n")[1:]
    if title not in text:
        sys.exit(f"docs/time_and_order.md has another report than {title!r}, {command_shown!r}")
    return lines[: next(number for number, line in enumerate(lines) if line.startswith("=="))]


def draw_steps(lines: list[str]) -> str:
    """Return the table of steps as SVG that follows the reader's light or dark theme."""
    rows = [[line[at : at + STEP].strip() for at in (0, STEP, 2 * STEP)] for line in lines]
    width = 3 * STEP * CHARACTER + 2 * MARGIN
    height = len(rows) * LINE + 2 * MARGIN

    def colours(theme: dict[str, str]) -> str:
        return " ".join(f".{name} {{ fill: {colour}; }}" for name, colour in theme.items())

    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">',
        f"<style>{colours(LIGHT)}",
        f"@media (prefers-color-scheme: dark) {{ {colours(DARK)} }}</style>",
        f'<g font-family="{FONTS}" font-size="13">',
        f'<rect class="card" width="{width}" height="{height}" rx="8" stroke="#8b949e"/>',
    ]
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            x, y = MARGIN + column * STEP * CHARACTER, MARGIN + row * LINE
            if cell and row:
                drawn.append(
                    f'<rect class="{"abc"[column]}" x="{x}" y="{y}"'
                    f' width="{(STEP - 1) * CHARACTER}" height="{LINE - 2}" rx="4"/>'
                )
            if cell:
                weight = ' font-weight="bold"' if row == 0 else ""
                shown = escape(cell)
                drawn.append(f'<text class="text" x="{x + 6}" y="{y + 15}"{weight}>{shown}</text>')
    return "\n".join([*drawn, "</g>", "</svg>"]) + "\n"


if __name__ == "__main__":
    main()
