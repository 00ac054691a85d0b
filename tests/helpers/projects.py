"""The questions of the template, and projects generated from answers to them."""

import itertools
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any, ClassVar
from unittest.mock import patch

from cookiecutter.environment import StrictEnvironment
from cookiecutter.generate import is_binary
from cookiecutter.main import cookiecutter
from covertable import make

TEMPLATE = Path(__file__).parents[2]
COOKIECUTTER_JSON = json.loads((TEMPLATE / "cookiecutter.json").read_text(encoding="utf-8"))
PROMPTS = COOKIECUTTER_JSON["__prompts__"]
QUESTIONS = [question for question in COOKIECUTTER_JSON if not question.startswith("_")]

# Questions that are answered with yes or no.
BOOLEAN = [question for question in QUESTIONS if isinstance(COOKIECUTTER_JSON[question], bool)]

# The answers to the others, and to these; the default is the first.
CHOICES: dict[str, list[str]] = {
    question: answers if isinstance(answers, list) else sorted(("no", "yes"), reverse=answers)
    for question in QUESTIONS
    if not isinstance(answers := COOKIECUTTER_JSON[question], str)
}

# The choices that decide which code is generated.
VARIED = [choice for choice in CHOICES if choice not in ("license", "python_version", "run_suite")]

Answers = dict[str, str]

# The questions that everything else is tried with; the others are additions.
CORE = ["asyncio_mode", "fixture_loop_scope", "database", "data_access", "http_client"]
ADDITIONS = [question for question in VARIED if question not in CORE]


# The answers whose projects have most parts, on one loop for the whole run.
FULL: Answers = {
    "asyncio_mode": "strict",
    "fixture_loop_scope": "session",
    "database": "postgresql",
    "data_access": "sqlalchemy",
    "http_client": "aiohttp",
    "web_framework": "fastapi",
    "redis": "yes",
    "event_loop": "both",
    "anyio": "yes",
}


def all_answers(questions: Iterable[str] = VARIED) -> list[Answers]:
    """Return every combination of answers to some questions."""
    questions = list(questions)
    values = itertools.product(*(CHOICES[question] for question in questions))
    return [dict(zip(questions, combination, strict=True)) for combination in values]


def covering_answers(strength: int, questions: Iterable[str] = VARIED) -> list[Answers]:
    """Return few combinations that contain every pair (2) or triple (3) of answers."""
    made = make({question: CHOICES[question] for question in questions}, strength=strength)
    # Ordered by content, so that every worker of a run names the same tests.
    return sorted(made, key=name_of)


# Questions that decide no type, as a test shows.
UNTYPED = ("asyncio_mode", "fixture_loop_scope")
TYPED = [question for question in VARIED if question not in UNTYPED]


def applications() -> list[Answers]:
    """Return the web application with every database, access and client, in every loop scope."""
    modes, scopes = (itertools.cycle(CHOICES[question]) for question in UNTYPED)
    return [
        {"asyncio_mode": next(modes), "fixture_loop_scope": next(scopes), **answers}
        | {"web_framework": "fastapi"}
        for answers in all_answers(["database", "data_access", "http_client"])
    ]


COMBINATIONS: dict[str, Callable[[], list[Answers]]] = {
    "all": all_answers,
    "all without additions": lambda: [
        *all_answers(CORE),
        *applications(),
        *covering_answers(3),
    ],
    "all types": lambda: all_answers(TYPED),
    "all types without additions": lambda: [
        *all_answers(question for question in TYPED if question in CORE),
        *applications(),
        *covering_answers(3, TYPED),
    ],
    "every answer": lambda: covering_answers(1),
    "every answer to types": lambda: covering_answers(1, TYPED),
    "every pair of types": lambda: covering_answers(2, TYPED),
    "all databases": lambda: [
        answers
        for answers in all_answers([*UNTYPED, "database", "data_access"])
        if answers["database"] != "none"
    ],
    "every pair": lambda: covering_answers(2),
    "every triple": lambda: covering_answers(3),
}


def each_answer() -> Iterator[Answers]:
    """Yield answers that together bring in every file of every answer."""
    for database, access in itertools.product(CHOICES["database"], CHOICES["data_access"]):
        yield {"database": database, "data_access": access}
    for database in CHOICES["database"]:
        yield {"database": database, "data_access": "sqlalchemy", "migrations": "alembic"}
    for question in ("http_client", *ADDITIONS):
        for answer in CHOICES[question][1:]:
            yield {question: answer}


def name_of(answers: Answers) -> str:
    """Name a combination by its answers, as a test id and as a folder."""
    without_trace = {(question, CHOICES[question][0]) for question in ADDITIONS}
    told = [(question, answers[question]) for question in VARIED if question in answers]
    words = [
        {"yes": question, "no": f"no_{question}"}.get(answer, answer)
        for question, answer in told
        if (question, answer) not in without_trace
    ]
    return "-".join(words) or "default"


def command_for(answers: Answers) -> str:
    """Return what to type to generate the same project."""
    return " ".join(["cookiecutter . --no-input", *(f"{k}={v}" for k, v in answers.items())])


class CompilingOnce(StrictEnvironment):  # type: ignore[misc]
    """Cookiecutter's own, but every template is compiled once for all the projects of a run."""

    compiled: ClassVar[dict[tuple[str, str | None], CodeType]] = {}

    def compile(self, source: Any, name: str | None = None, *rest: Any, **settings: Any) -> Any:
        if (source, name) not in self.compiled:
            self.compiled[source, name] = super().compile(source, name, *rest, **settings)
        return self.compiled[source, name]


is_binary_once = cache(is_binary)


def render(folder: Path, answers: Answers) -> Path:
    """Generate a project without running the hooks and return its folder."""
    home = folder / ".cookiecutter"
    home.mkdir(parents=True, exist_ok=True)
    config = home / "config.yaml"
    config.write_text(
        json.dumps({"cookiecutters_dir": str(home), "replay_dir": str(home)}), encoding="utf-8"
    )
    with (
        patch("cookiecutter.utils.StrictEnvironment", CompilingOnce),
        patch("cookiecutter.generate.is_binary", is_binary_once),
    ):
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


def steps_of_removal(project: Path) -> list[list[str]]:
    """Return the files that EXAMPLE.md removes, by the lines of its command."""
    text = (project / "EXAMPLE.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^git rm ((?:.*\\\n)*.*)", text, re.MULTILINE)
    return [line.split() for line in command.split("\\\n")]


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
