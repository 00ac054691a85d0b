"""The questions of the template, and projects generated from answers to them."""

import itertools
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cookiecutter.main import cookiecutter

TEMPLATE = Path(__file__).parents[1]
COOKIECUTTER_JSON = json.loads((TEMPLATE / "cookiecutter.json").read_text(encoding="utf-8"))
PROMPTS = COOKIECUTTER_JSON["__prompts__"]
QUESTIONS = [question for question in COOKIECUTTER_JSON if not question.startswith("_")]
CHOICES: dict[str, list[str]] = {
    question: COOKIECUTTER_JSON[question]
    for question in QUESTIONS
    if isinstance(COOKIECUTTER_JSON[question], list)
}

# The choices that decide which code is generated.
VARIED = [choice for choice in CHOICES if choice not in ("python_version", "run_suite")]

Answers = dict[str, str]


# Questions whose first answer leaves no trace.
ADDITIONS = ("web_framework", "redis", "event_loop", "anyio")


def all_answers() -> Iterator[Answers]:
    """Yield every combination of answers, without additions."""
    core = [question for question in VARIED if question not in ADDITIONS]
    for values in itertools.product(*(CHOICES[question] for question in core)):
        yield dict(zip(core, values, strict=True))


def each_answer() -> Iterator[Answers]:
    """Yield answers that together bring in every file of every answer."""
    for database, access in itertools.product(CHOICES["database"], CHOICES["data_access"]):
        yield {"database": database, "data_access": access}
    for question in ("http_client", *ADDITIONS):
        for answer in CHOICES[question]:
            yield {question: answer}


def name_of(answers: Answers) -> str:
    """Name a combination by its answers, as a test id and as a folder."""
    return "-".join(
        f"{question[0]}{answers[question]}" for question in VARIED if question in answers
    )


def command_for(answers: Answers) -> str:
    """Return what to type to generate the same project."""
    return " ".join(["cookiecutter . --no-input", *(f"{k}={v}" for k, v in answers.items())])


def render(folder: Path, answers: Answers) -> Path:
    """Generate a project without running the hooks and return its folder."""
    home = folder / ".cookiecutter"
    home.mkdir(parents=True, exist_ok=True)
    config = home / "config.yaml"
    config.write_text(
        json.dumps({"cookiecutters_dir": str(home), "replay_dir": str(home)}), encoding="utf-8"
    )
    return Path(
        cookiecutter(
            str(TEMPLATE),
            no_input=True,
            accept_hooks=False,
            config_file=str(config),
            output_dir=str(folder),
            extra_context={"package_name": "demo", "project_slug": "demo", **answers},
        )
    )


def pyproject_of(project: Path) -> dict[str, Any]:
    """Read the pyproject.toml of a project."""
    return tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))


def requirements_of(project: Path) -> list[str]:
    """Return everything that a project installs, of all its groups."""
    pyproject = pyproject_of(project)
    groups = [pyproject["project"]["dependencies"], *pyproject["dependency-groups"].values()]
    return [entry for group in groups for entry in group if isinstance(entry, str)]


def text_files(project: Path) -> dict[str, str]:
    """Return the content of every file of a project by its path."""
    return {
        path.relative_to(project).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(project.rglob("*"))
        if path.is_file()
    }
