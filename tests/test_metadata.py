"""License, links, changelog and AGENTS.md of a project follow from its answers."""

import re
from pathlib import Path, PurePath

import pytest
from helpers.projects import CHOICES, FULL, Answers, name_of, pyproject_of, render, text_files

EXPRESSIONS = {"proprietary": "LicenseRef-Proprietary"}
TITLES = {
    "MIT": "MIT License",
    "Apache-2.0": "Apache License",
    "BSD-3-Clause": "BSD 3-Clause License",
    "proprietary": "Copyright (c) Ada Lovelace. All rights reserved.",
}
HOLDER = "Copyright (c) Ada Lovelace"


@pytest.mark.parametrize("license_", CHOICES["license"])
def test_license_is_the_same_everywhere(tmp_path: Path, license_: str) -> None:
    project = render(tmp_path, {"license": license_, "author_name": "Ada Lovelace"})
    text = (project / "LICENSE").read_text(encoding="utf-8")
    metadata = pyproject_of(project)["project"]

    assert text.split("\n")[0].strip() == TITLES[license_]
    # The text of Apache-2.0 names no copyright holder; notices in the files do.
    assert (HOLDER in text) == (license_ != "Apache-2.0")
    assert metadata["license"] == EXPRESSIONS.get(license_, license_)
    assert metadata["license-files"] == ["LICENSE"]
    private = "Private :: Do Not Upload" in metadata["classifiers"]
    assert private == (license_ == "proprietary")


@pytest.mark.parametrize(
    ("repository", "links"),
    [
        ("", set()),
        ("https://git.example.com/github/demo", {"Repository"}),
        ("https://github.com/ada/demo", {"Repository", "Issues", "Changelog"}),
        ("https://gitlab.example.com/ada/demo", {"Repository", "Issues", "Changelog"}),
    ],
)
def test_links_lead_to_the_repository(tmp_path: Path, repository: str, links: set[str]) -> None:
    project = render(tmp_path, {"repository": repository})
    urls = pyproject_of(project)["project"].get("urls", {})
    assert set(urls) == links
    assert all(url.startswith(repository) for url in urls.values())

    changelog = (project / "CHANGELOG.md").read_text(encoding="utf-8")
    linked = re.findall(r"^\[Unreleased\]: (.*)$", changelog, re.MULTILINE)
    assert linked == ([f"{repository}/commits/HEAD"] if "Changelog" in links else [])
    assert ("## [Unreleased]" in changelog) == bool(linked)


@pytest.mark.parametrize("python", CHOICES["python_version"])
def test_classifiers_name_every_supported_python(tmp_path: Path, python: str) -> None:
    project = render(tmp_path, {"python_version": python})
    prefix = "Programming Language :: Python :: "
    classifiers = pyproject_of(project)["project"]["classifiers"]
    named = [one.removeprefix(prefix) for one in classifiers if one.startswith(prefix)]
    assert named == CHOICES["python_version"][CHOICES["python_version"].index(python) :]
    assert classifiers == sorted(classifiers)


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"database": "none", "http_client": "none"},
        {"web_framework": "fastapi", "fixture_loop_scope": "module"},
        {"data_access": "sqlalchemy", "migrations": "alembic"},
        FULL,
    ],
    ids=name_of,
)
def test_agents_file_is_true(tmp_path: Path, answers: Answers) -> None:
    files = text_files(render(tmp_path, answers))
    agents = files["AGENTS.md"]
    code = "\n".join(text for path, text in files.items() if path.endswith(".py"))
    paths = {*files, *(str(parent) for path in files for parent in PurePath(path).parents)}
    named = {*paths, *(PurePath(path).name for path in paths)}
    words = re.findall(r"(?<!`)`([\w./]+)`(?!`)", agents)
    for word in words:
        if "/" in word or word.endswith((".py", ".md")):
            assert word in named, f"no file {word}"
        elif word.islower() and "." not in word and word != "router":
            assert f"def {word}(" in code, f"no fixture {word}"
    assert "src/demo" in words
    mode = "@pytest.mark.asyncio" in agents
    assert mode == (answers.get("asyncio_mode") == "strict")
    loop = answers.get("fixture_loop_scope", "function")
    assert f'@pytest_asyncio.fixture(scope="function", loop_scope="{loop}")' in agents
