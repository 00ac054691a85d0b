"""Answers from a configuration file, slugs that are paths, names that are taken."""

import json
import runpy
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest
from helpers.command_line import SLUG, Result, User, names_in
from helpers.projects import BOOLEAN, TEMPLATE
from helpers.suites import Environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HOOK = runpy.run_path(str(TEMPLATE / "hooks" / "pre_gen_project.py"))

# Where a generated project may run: enough to tell every marker of a dependency apart.
PLATFORMS = [
    {
        "sys_platform": system,
        "platform_system": name,
        "os_name": kind,
        "python_version": python,
        "python_full_version": f"{python}.0",
    }
    for system, name, kind in [
        ("linux", "Linux", "posix"),
        ("darwin", "Darwin", "posix"),
        ("win32", "Windows", "nt"),
    ]
    for python in ("3.11", "3.15")
]


def generate_with_configuration(user: User, configuration: str, *answers: str) -> Result:
    lines = ["default_context:", *(f"    {line}" for line in configuration.splitlines())]
    (user.home / ".cookiecutterrc").write_text("\n".join(lines), encoding="utf-8")
    return user.cookiecutter(*answers)


@pytest.mark.parametrize("yes", ["yes", "on", "true", "'yes'", "'y'", "'1'"])
def test_yes_of_a_configuration_file(user: User, yes: str) -> None:
    text = f"redis: {yes}\nanyio: no\nrun_suite: off\ndatabase: none\nauthor_name: Ada"
    result = generate_with_configuration(user, text)
    assert result.returncode == 0, result.stderr
    assert "Invalid default" not in result.stderr
    package = names_in(user.work / SLUG / "src" / "my_async_project")
    assert "cache.py" in package
    assert package.isdisjoint({"streams.py", "store.py"})
    assert '"Ada"' in (user.work / SLUG / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("given", ["yes", "y", "true", "1", "on"])
def test_yes_of_the_command_line(user: User, given: str) -> None:
    result = user.cookiecutter(f"redis={given}", "anyio=no", "run_suite=no")
    assert result.returncode == 0, result.stderr
    assert "cache.py" in names_in(user.work / SLUG / "src" / "my_async_project")
    assert "streams.py" not in names_in(user.work / SLUG / "src" / "my_async_project")


@pytest.mark.parametrize("value", ["0", "1", "null"])
@pytest.mark.parametrize("prompt", BOOLEAN)
def test_neither_yes_nor_no_is_refused(user: User, prompt: str, value: str) -> None:
    result = generate_with_configuration(user, f"{prompt}: {value}")
    assert result.returncode == 1
    assert f"  {prompt}: " in result.stderr
    assert " is neither yes nor no." in result.stderr
    assert not names_in(user.work)


def test_hook_knows_every_question_of_yes_or_no() -> None:
    assert sorted(HOOK["YES_OR_NO"]) == sorted(BOOLEAN)


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ("python_version: 3.12", 'python_version: 3.12 HERE is not text; write "3.12".'),
        ("database: null", 'database: None HERE is not text; write "none".'),
        (
            "database: oracle",
            "database: 'oracle' HERE is none of sqlite, postgresql, mysql, none.",
        ),
        ("redis: maybe", "redis: 'maybe' HERE is neither yes nor no."),
    ],
)
def test_no_choice_in_a_configuration_file_is_refused(user: User, line: str, refusal: str) -> None:
    result = generate_with_configuration(user, f"{line}\nanyio: yes\nauthor_name: Ada")
    assert result.returncode == 1
    assert f"  {refusal.replace('HERE', 'in the configuration of cookiecutter')}" in result.stderr
    assert not names_in(user.work)


def test_number_in_quotes_is_taken(user: User) -> None:
    result = generate_with_configuration(user, "python_version: '3.12'", "run_suite=no")
    assert result.returncode == 0, result.stderr
    assert '">=3.12"' in (user.work / SLUG / "pyproject.toml").read_text(encoding="utf-8")


# Slugs that lead elsewhere

PATHS = [
    "../evil",
    "a/b",
    "a/b/c",
    "~/x",
    ".",
    "..",
    "...",
    "",
    r"a\b",
    "C:",
    "/",
    "mine/b",
    "mine/.",
]


@pytest.mark.parametrize("hooks", ["yes", pytest.param("no", marks=pytest.mark.thorough)])
@pytest.mark.parametrize("slug", PATHS)
def test_path_is_refused_before_anything_is_made(user: User, slug: str, hooks: str) -> None:
    (user.work / "mine").mkdir()  # as empty as what cookiecutter would make
    before = sorted(user.work.parent.rglob("work/**"))
    overwrite = ["--overwrite-if-exists", "--accept-hooks", hooks]
    result = user.cookiecutter(*overwrite, f"project_slug={slug}", "run_suite=no")
    assert result.returncode == 1
    assert f"\n  project_slug: {slug!r} is not the name of a folder; use " in result.stderr
    assert "Traceback" not in result.stderr
    assert sorted(user.work.parent.rglob("work/**")) == before
    assert not (user.work.parent / "evil").exists()


def test_path_is_refused_under_cruft(user: User, template: Path) -> None:
    user.commit(template)
    extra = json.dumps({"project_slug": "mine/b"})
    result = user.cruft("create", "--no-input", "--extra-context", extra, template)
    assert result.returncode == 1
    assert "\n  project_slug: 'mine/b' is not the name of a folder; use " in result.stderr
    assert not names_in(user.work)


@pytest.mark.parametrize("slug", ["Mine", "mine.", "mine..", "-mine", "mine "])
@pytest.mark.parametrize("content", [[], ["file"]], ids=["empty", "full"])
def test_refusal_keeps_a_folder_of_that_name(user: User, slug: str, content: list[str]) -> None:
    (user.work / slug).mkdir()
    for name in content:
        (user.work / slug / name).touch()
    for how in ([], ["--overwrite-if-exists"]):
        result = user.cookiecutter(*how, f"project_slug={slug}", "package_name=mine")
        assert result.returncode == 1
        assert names_in(user.work) == {slug}
        assert names_in(user.work / slug) == set(content)


@pytest.mark.parametrize("slug", ["Mine", "mine.", "mine..", "-mine", "mine "])
def test_refusal_leaves_nothing(user: User, slug: str) -> None:
    result = user.cookiecutter(f"project_slug={slug}", "package_name=mine")
    assert result.returncode == 1
    assert f"\n  project_slug: {slug!r} must consist of " in result.stderr
    assert not names_in(user.work)


# Names of packages


def test_reserved_names_are_those_that_projects_install(environment: Environment) -> None:
    (packages,) = environment.folder.glob("[Ll]ib/**/site-packages")
    names = {"pip", "pkg_resources", "setuptools", "uv", "uv_build", "wheel"}  # installers
    added = {"pytest_randomly"}  # by our tests, to the environment
    for distribution in distributions(path=[str(packages)]):
        names.add(distribution.name)
        for requirement in map(Requirement, distribution.requires or []):
            marker = requirement.marker
            if marker is None or any(
                marker.evaluate({**platform, "extra": ""}) for platform in PLATFORMS
            ):
                names.add(requirement.name)
        tops = {path.parts[0] for path in distribution.files or () if path.suffix == ".py"}
        names |= {Path(top).stem for top in tops if Path(top).stem.isidentifier()}
    installed = {canonicalize_name(name).replace("-", "_") for name in names} - added
    reserved: set[Any] = {*HOOK["RESERVED"]}
    assert {canonicalize_name(name).replace("-", "_") for name in reserved} == installed
