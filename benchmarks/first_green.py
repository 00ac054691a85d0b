"""From the prompt to a green suite, and where the time goes."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from charts import stacks
from helpers.command_line import User, cookiecutter_command
from measure import Command, FailedError, Figure, Limits, by_turns, run, wall
from report import Section, Target, show
from suites import Workshop

PROJECT = "my-async-project"
COOKIECUTTER = [*cookiecutter_command(), "--no-input"]
BY_HAND = {
    "uv": ["uv sync --quiet --group dev", "uv run --quiet pytest --quiet"],
    "pip": [
        f"{sys.executable} -m venv .venv",
        ".venv/bin/python -m pip install --quiet 'pip>=25.1'",
        ".venv/bin/python -m pip install --quiet --editable . --group dev",
        ".venv/bin/python -m pytest --quiet",
    ],
}
# FastAPI-template, whose hook installs the environment, too; then it lints and commits.
NAME_OF_OTHER = "other"
OTHER = ["--quiet", "--name", NAME_OF_OTHER, "--db", "sqlite", "--orm", "sqlalchemy"]
OTHER += ["--api-type", "rest", "--ci", "none", "--dummy", "--routers", "--migrations"]
OTHER_TEMPLATE = "uv, FastAPI-template and its suite, FastAPI on SQLite"
OURS_LIKE_OTHER = "uv, the template, FastAPI on SQLite"
LIKE_OTHER = ["web_framework=fastapi", "database=sqlite", "data_access=sqlalchemy"]
COUNT_RUNS = """
runs = 0


def pytest_runtest_setup() -> None:
    global runs
    runs += 1


def pytest_terminal_summary(terminalreporter) -> None:
    terminalreporter.write_line(f"{runs} runs of tests")
"""
EMPTY_TESTS = """
import pytest


@pytest.mark.parametrize("number", range({count}))
async def test_nothing(number: int) -> None:
    pass
"""


def first_green(workshop: Workshop, limits: Limits) -> Section:
    """The template beside the same steps by hand, and each step alone."""
    users = {}
    for tool in BY_HAND:
        (workshop.root / tool).mkdir()
        users[tool] = User(workshop.root / tool, uv=tool == "uv")
        users[tool].environment["UV_PYTHON"] = sys.executable
    whole = {tool: prompt_to_green(tool, user) for tool, user in users.items()}
    for tool, commands in whole.items():
        run(commands[f"{tool}, the template"])  # fills the caches
    steps, suites = single_steps(users["uv"], workshop.root)
    samples = by_turns({**whole["uv"], **steps}, limits.seconds * 0.3, limits.rounds)
    samples |= by_turns(suites, limits.seconds * 0.15, 2 * limits.rounds)
    samples |= by_turns(whole["pip"], limits.seconds * 0.3, limits.rounds)
    failed = ""
    try:
        templates = like_another_template(users["uv"], workshop.root)
    except FailedError as error:
        failed = error.reason
    else:
        run(templates[OURS_LIKE_OTHER])  # fills the caches
        samples |= by_turns(templates, limits.seconds * 0.25, limits.rounds)
    figures = {name: wall(taken) for name, taken in samples.items()}

    section = Section(
        "To first green",
        "From the command to a green suite with the default answers; the caches of uv and pip "
        "are warm. By hand: the files, the environment and the suite, typed one after another. "
        "FastAPI-template also lints its project and commits it; its suite is run after that.",
        ["step", "ms"],
        [[name, show(figure)] for name, figure in figures.items()],
    )
    parts = {
        "cookiecutter": figures["import cookiecutter"],
        "rendering": figures["rendering"] - figures["import cookiecutter"],
        "hooks": figures["rendering and hooks"] - figures["rendering"],
        "environment": figures["environment"],
        "suite": figures["suite, first run"],
    }
    again = {
        "until collected": figures["collection alone"],
        "tests": figures["suite again"] - figures["collection alone"],
    }
    ratio_of_runs = figures["suite again"] / figures["as many empty runs"]
    section.rows += [
        *([f"part: {name}", show(part)] for name, part in parts.items()),
        *([f"part of the suite again: {name}", show(part)] for name, part in again.items()),
        ["the suite, × as many empty runs", show(ratio_of_runs)],
    ]
    if failed:
        section.rows.append([OTHER_TEMPLATE, f"does not work: `{failed}`"])
    else:
        section.targets.append(
            Target(
                "prompt to green, FastAPI on SQLite, against FastAPI-template",
                figures[OURS_LIKE_OTHER] / figures[OTHER_TEMPLATE],
                1,
                "×",
            )
        )
    section.targets += [
        Target(
            "prompt to green with uv, against the same by hand",
            figures["uv, the template"] / figures["uv, by hand"],
            1.2,
            "×",
        ),
        Target(
            "default suite, whole process, against as many empty async tests",
            figures["suite again"] / figures["as many empty tests"],
            1.4,
            "×",
        ),
    ]
    section.pictures["first_green.svg"] = stacks(
        "The default project, from the prompt to a green suite",
        "ms",
        [
            ("With uv, warm cache", pieces(parts)),
            ("The suite alone, from then on", pieces(again)),
        ],
    )
    return section


def pieces(parts: dict[str, Figure]) -> list[tuple[str, float]]:
    return [(name, max(0.0, part.median)) for name, part in parts.items()]


def prompt_to_green(tool: str, user: User) -> dict[str, Command]:
    """Return the command of the template, and what a user types instead."""
    files = " ".join([*COOKIECUTTER, "run_suite=no"])
    by_hand = " && ".join([files, f"cd {PROJECT}", *BY_HAND[tool]])
    return {
        f"{tool}, the template": fresh(user, COOKIECUTTER),
        f"{tool}, by hand": fresh(user, ["sh", "-c", by_hand]),
    }


def like_another_template(user: User, root: Path) -> dict[str, Command]:
    """Return the commands of two templates for an application of the same kind.

    FailedError if the other one does not work here.
    """
    tools = root / "another" / "bin"
    for arguments in (
        ["venv", "--python", sys.executable, str(tools.parent)],
        ["pip", "install", "--python", str(tools / "python"), "fastapi_template"],
    ):
        run(at(user, ["uv", *arguments, "--quiet"], root))
    made = user.work / NAME_OF_OTHER
    generate = shlex.join([str(tools / "fastapi_template"), *OTHER])
    commands = {
        OURS_LIKE_OTHER: fresh(user, [*COOKIECUTTER, *LIKE_OTHER]),
        OTHER_TEMPLATE: at(
            user,
            [
                "sh",
                "-c",
                f"unset UV_PYTHON; {generate} && cd {NAME_OF_OTHER} && uv run --quiet pytest --quiet",
            ],
            user.work,
            lambda: remove(made),
        ),
    }
    run(commands[OTHER_TEMPLATE])  # fills the caches
    return commands


def fresh(user: User, arguments: Sequence[str]) -> Command:
    """Return a command that makes a project where there is none."""
    return at(user, arguments, user.work, lambda: remove(user.work / PROJECT))


def at(
    user: User, arguments: Sequence[str], folder: Path, prepare: Callable[[], object] = int
) -> Command:
    return Command(arguments, folder, {**user.environment, "PWD": str(folder)}, prepare)


def single_steps(user: User, root: Path) -> tuple[dict[str, Command], dict[str, Command]]:
    """Return the steps to a first run, and runs of suites that are compared with each other.

    The suite first runs right after its environment was made.
    """
    run(fresh(user, [*COOKIECUTTER, "run_suite=no"]))
    project = Path(shutil.move(user.work / PROJECT, root / "steps"))
    subprocess.run(
        ["uv", "sync", "--quiet", "--group", "dev"], cwd=project, env=user.environment, check=True
    )
    pytest = [str(project / ".venv" / "bin" / "python"), "-m", "pytest", "--quiet"]
    collected = subprocess.check_output([*pytest, "--collect-only"], cwd=project, encoding="utf-8")
    (tests,) = re.findall(r"^(\d+) tests collected", collected, re.MULTILINE)
    (root / "count_runs.py").write_text(COUNT_RUNS)
    counted = subprocess.check_output(
        [*pytest, "-p", "count_runs"], cwd=project, env={"PYTHONPATH": str(root)}, encoding="utf-8"
    )
    (runs,) = re.findall(r"^(\d+) runs of tests", counted, re.MULTILINE)
    for name, count in (("tests", tests), ("runs", runs)):
        folder = root / f"empty-{name}" / "tests"
        folder.mkdir(parents=True)
        (folder / "test_nothing.py").write_text(EMPTY_TESTS.format(count=count))
        shutil.copy(project / "pyproject.toml", folder.parent)

    def without_environment() -> None:
        for folder in [project / ".venv", *project.rglob("__pycache__")]:
            remove(folder)

    steps = {
        "import cookiecutter": at(user, [sys.executable, "-c", "import cookiecutter.main"], root),
        "rendering": fresh(user, [*COOKIECUTTER, "--accept-hooks", "no"]),
        "rendering and hooks": fresh(user, [*COOKIECUTTER, "run_suite=no"]),
        "environment": at(
            user, ["uv", "sync", "--quiet", "--group", "dev"], project, without_environment
        ),
        "suite, first run": at(user, pytest, project),
    }
    suites = {
        "collection alone": at(user, [*pytest, "--collect-only"], project),
        "suite again": at(user, pytest, project),
        "as many empty tests": at(user, pytest, root / "empty-tests"),
        "as many empty runs": at(user, pytest, root / "empty-runs"),
    }
    return steps, suites


def remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
