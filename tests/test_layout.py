"""The layout of the template: every text under templates/ is used, and every text used is there."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cookiecutter.environment import StrictEnvironment
from cookiecutter.generate import generate_context
from cookiecutter.prompt import prompt_for_config
from helpers.command_line import PARTS, copy_of_template
from helpers.projects import TEMPLATE, VARIED, covering_answers
from jinja2 import Environment, FileSystemLoader, TemplateNotFound

TREE = PARTS[-1]


class Recorder(FileSystemLoader):
    """Loads texts, and records the names of those that it finds and of those that are missing."""

    def __init__(self, template: Path) -> None:
        super().__init__([template / TREE, template / "templates"])
        self.found: set[str] = set()
        self.missing: set[str] = set()

    def get_source(self, environment: Environment, template: str) -> Any:
        """Load a text by its name."""
        try:
            source = super().get_source(environment, template)
        except TemplateNotFound:
            self.missing.add(template)
            raise
        self.found.add(template)
        return source


@cache
def contexts(strength: int) -> list[dict[str, Any]]:
    """Return what files are rendered with: every pair (2) or triple (3) of answers."""
    made = []
    for answers in covering_answers(strength, [*VARIED, "license"]):
        context = generate_context(str(TEMPLATE / "cookiecutter.json"), extra_context=answers)
        context["cookiecutter"] = prompt_for_config(context, no_input=True)
        made.append(context)
    return made


def rendered(template: Path, strength: int) -> Recorder:
    """Render every file that a template can generate, with many combinations of answers."""
    environment = StrictEnvironment(context=contexts(strength)[0])
    environment.loader = recorder = Recorder(template)
    paths = (path.relative_to(template / TREE).as_posix() for path in files_in(template / TREE))
    files = {file: environment.from_string(file) for file in paths}
    for context in contexts(strength):
        for file, name in files.items():
            if not name.render(**context).endswith("/"):
                try:
                    environment.get_template(file).render(**context)
                except TemplateNotFound as error:
                    recorder.missing.add(f"{error.name} for {file}")
    return recorder


def files_in(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def names_of_texts(template: Path) -> set[str]:
    folder = template / "templates"
    return {path.relative_to(folder).as_posix() for path in files_in(folder)} - {"README.md"}


@pytest.fixture(autouse=True)
def template_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(TEMPLATE)  # for its extension of Jinja


@pytest.mark.parametrize("strength", [2, pytest.param(3, marks=pytest.mark.thorough)])
def test_every_text_is_included_and_every_include_is_there(strength: int) -> None:
    recorder = rendered(TEMPLATE, strength)
    assert names_of_texts(TEMPLATE) - recorder.found == set()
    # Only sections of documentation are optional.
    assert {name for name in recorder.missing if not name.endswith(".md")} == set()


def test_unused_text_and_missing_text_are_found(tmp_path: Path) -> None:
    template = copy_of_template(tmp_path / "template")
    (template / "templates" / "redis" / "src" / "unused.py").write_text("", encoding="utf-8")
    (template / "templates" / "redis" / "src" / "cache.py").unlink()

    recorder = rendered(template, 2)

    assert "redis/src/unused.py" in names_of_texts(template) - recorder.found
    assert any(name.startswith("redis/src/cache.py for src/") for name in recorder.missing)


def test_only_sections_of_documentation_are_optional() -> None:
    for folder in (TREE, "templates"):
        for path in files_in(TEMPLATE / folder):
            for line in path.read_text(encoding="utf-8").splitlines():
                assert "ignore missing" not in line or ".md" in line, path


def test_no_text_is_empty() -> None:
    assert not [path for path in files_in(TEMPLATE / "templates") if not path.stat().st_size]
