"""Every combination of answers gives a project that passes its own linters."""

import ast
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from helpers.projects import (
    BOOLEAN,
    CHOICES,
    PROMPTS,
    QUESTIONS,
    TEMPLATE,
    TYPED,
    UNTYPED,
    Answers,
    applications,
    each_answer,
    name_of,
    pyproject_of,
    render,
    requirements_of,
    text_files,
)
from helpers.suites import Environment
from ruff import find_ruff_bin

# Answers that are also words of every project.
WORDLESS = {
    "none",
    "no",
    "yes",
    "asyncio",
    "both",
    "auto",
    "strict",
    *CHOICES["fixture_loop_scope"],
}

# The questions whose answers can bring libraries, and other answers that these need.
BRINGS: dict[str, Answers] = {question: {} for question in TYPED} | {
    "data_access": {"database": "sqlite"},
    "migrations": {"database": "sqlite", "data_access": "sqlalchemy"},
}
NOTHING = {"database": "none", "http_client": "none"}

USED_AS = {"pytest_xdist": "numprocesses auto", "sniffio": "ASGITransport"}


@cache
def declared_names(**answers: str) -> frozenset[str]:
    """Return the names of all that a project with these answers, and nothing else, depends on."""
    with TemporaryDirectory() as folder:
        requirements = requirements_of(render(Path(folder), NOTHING | answers))
    return frozenset(re.split(r"[^\w-]", requirement)[0] for requirement in requirements)


# Plugins that work in any project, so they know the libraries of all answers.
ANY_PROJECT = ("tests/guards/", "tests/scheduling/")


@cache
def words_of(question: str, answer: str) -> frozenset[str]:
    """Return the words that an answer brings into a project."""
    needed = BRINGS[question]
    names = declared_names(**needed, **{question: answer}) - declared_names(**needed)
    return frozenset([*names, *(name.replace("-", "_") for name in names), answer]) - WORDLESS


def foreign_words(answers: Answers) -> set[str]:
    """Return the words that only other answers than these may bring into a project."""
    answers = {question: CHOICES[question][0] for question in BRINGS} | answers
    words = {word for one in BRINGS for answer in CHOICES[one] for word in words_of(one, answer)}
    return words.difference(*(words_of(question, answers[question]) for question in BRINGS))


def outside_of_code(text: str) -> str:
    """Return Markdown without its blocks of code."""
    return re.sub(r"```.*?```", "```", text, flags=re.DOTALL)


@pytest.mark.combinations("every pair", thorough="all without additions", nightly="all")
def test_project_is_clean(
    project: Path, answers: Answers, rendered: Callable[[Answers], Path]
) -> None:
    files = text_files(project)
    assert_files_are_whole(files, answers)
    assert_settings_follow_the_answers(project, answers)
    assert_async_fixtures_state_both_scopes(of_the_tests(files), answers)
    assert_strict_marks_what_auto_does_not(of_the_tests(files), answers)
    assert_imports_are_declared_and_dependencies_used(project, files)
    assert_every_dependency_states_its_lowest_version(project)
    assert_mode_and_loop_scope_change_no_types(files, text_files(rendered(typed_alike(answers))))
    assert_ruff_finds_nothing(project, files)


parsed = cache(ast.parse)  # most files are the same in many projects


def of_the_tests(files: dict[str, str]) -> dict[str, str]:
    """Return the Python files of the tests."""
    return {
        path: text
        for path, text in files.items()
        if path.startswith("tests/") and path.endswith(".py")
    }


def assert_files_are_whole(files: dict[str, str], answers: Answers) -> None:
    strangers = re.compile(rf"(?i)\b({'|'.join(map(re.escape, foreign_words(answers)))})\b")
    for where, text in files.items():
        is_of_any_project = where.startswith(ANY_PROJECT)
        assert is_of_any_project or not strangers.findall(text), where
        if answers.get("database") == "none" and not is_of_any_project:
            assert "database_url" not in text.lower(), where
        if answers.get("http_client") == "none":
            assert "api_url" not in text.lower(), where
        assert_file_is_whole(where, text)


@cache
def assert_file_is_whole(where: str, text: str) -> None:
    unrendered = re.findall(r"(?<!\$)\{\{|\{%|cookiecutter\.", text)
    assert not unrendered, where
    assert text == "" or text.endswith("\n"), where
    assert not text.startswith("\n"), where
    assert not text.endswith("\n\n"), where
    assert "\n\n\n\n" not in text, where
    assert not re.search(r"[ \t]$", text, re.MULTILINE), where
    head = {".md": r"[^\n]\n#", ".toml": r"[^\n]\n\["}.get(Path(where).suffix)
    assert not (head and re.search(head, outside_of_code(text))), f"{where}: no blank line"
    if where.endswith(".py"):
        parsed(text)
    elif where.endswith(".yml"):
        yaml.safe_load(text)
    elif not where.endswith(".mako"):  # Python, for Alembic
        assert "\n\n\n" not in outside_of_code(text), where


def assert_settings_follow_the_answers(project: Path, answers: Answers) -> None:
    settings = pyproject_of(project)["tool"]["pytest"]
    assert settings["asyncio_mode"] == answers["asyncio_mode"]
    assert settings["asyncio_default_fixture_loop_scope"] == answers["fixture_loop_scope"]
    assert settings["asyncio_default_test_loop_scope"] == answers["fixture_loop_scope"]
    assert settings["strict"] is True
    assert settings["filterwarnings"] == ["error"]
    assert "--timeout=30" in settings["addopts"]


def assert_async_fixtures_state_both_scopes(tests: dict[str, str], answers: Answers) -> None:
    scopes = CHOICES["fixture_loop_scope"]
    for path, text in tests.items():
        for is_async, arguments, call in fixtures_in(text):
            if not is_async:
                assert call.startswith("pytest.fixture"), path
                continue
            if "anyio_backend" in arguments:
                assert call == "pytest.fixture", path
                continue
            match = re.fullmatch(
                r"pytest_asyncio\.fixture\(scope='(\w+)', loop_scope='(\w+)'\)", call
            )
            assert match, f"{path}: {call}"
            scope, loop_scope = match.groups()
            assert loop_scope == answers["fixture_loop_scope"]
            assert scopes.index(scope) <= scopes.index(loop_scope)


@cache
def fixtures_in(text: str) -> list[tuple[bool, set[str], str]]:
    """Return of each fixture whether it is async, its arguments and its decorator."""
    return [
        (
            isinstance(function, ast.AsyncFunctionDef),
            {argument.arg for argument in function.args.args},
            call,
        )
        for function in ast.walk(parsed(text))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for call in map(ast.unparse, function.decorator_list)
        if "fixture" in call
    ]


def assert_strict_marks_what_auto_does_not(tests: dict[str, str], answers: Answers) -> None:
    for path, text in tests.items():
        if path.startswith("tests/guards/"):
            continue  # they speak of the marker in their messages
        marked = "pytest.mark.asyncio" in text
        has_async_tests = "async def test_" in text and "pytest.mark.anyio" not in text
        assert marked == (has_async_tests and answers["asyncio_mode"] == "strict"), path


@cache
def imports_of(text: str) -> set[str]:
    """Return the packages that a Python file imports by their names."""
    return {
        name.split(".")[0]
        for node in ast.walk(parsed(text))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom) and not node.level
            else []
        )
    }


def assert_imports_are_declared_and_dependencies_used(project: Path, files: dict[str, str]) -> None:
    modules = [text for path, text in files.items() if path.endswith(".py")]
    imported = set[str]().union(*map(imports_of, modules))
    declared = {
        re.split(r"[^\w-]", requirement)[0].lower().replace("-", "_")
        for requirement in requirements_of(project)
    }
    # Parts of pytest, and what comes with pytest-httpserver, whose handlers are written with it.
    brought = {"_pytest", "pluggy"}
    brought |= {"werkzeug"} if "pytest_httpserver" in declared else set()
    assert imported - sys.stdlib_module_names - {"demo", "tests"} <= declared | brought
    settings = re.sub(r'(?m)^ +".*"(,|$)', "", files["pyproject.toml"])
    used = "\n".join([settings, files[".github/workflows/tests.yml"], *modules])
    for name in declared - imported:
        tool = USED_AS.get(name) or name.removeprefix("pytest_")
        typed = name.removesuffix("_stubs")
        assert typed in imported or re.search(rf"(?<!\w){tool}\b", used), name


def assert_every_dependency_states_its_lowest_version(project: Path) -> None:
    for requirement in requirements_of(project):
        assert re.search(r"[>~]=\d", requirement), requirement


def typed_alike(answers: Answers) -> Answers:
    """Return the answers of the one project that is type-checked for these answers, too."""
    return {**answers, **{question: CHOICES[question][0] for question in UNTYPED}}


def assert_mode_and_loop_scope_change_no_types(
    files: dict[str, str], files_of_sibling: dict[str, str]
) -> None:
    modules, modules_of_sibling = (
        {path: without_mode_and_scope(text) for path, text in one.items() if path.endswith(".py")}
        for one in (files, files_of_sibling)
    )
    assert modules == modules_of_sibling


@cache
def without_mode_and_scope(text: str) -> str:
    """Return Python code without what mode and loop scope bring into it."""
    any_scope = rf'"({"|".join(CHOICES["fixture_loop_scope"])})"'
    of_the_mode = r"(?m)^( *@pytest\.mark\.asyncio|import pytest)\n"
    return re.sub(of_the_mode, "", re.sub(any_scope, "a scope", text))


linted: set[tuple[str, str, str]] = set()  # most files are the same in many projects


def assert_ruff_finds_nothing(project: Path, files: dict[str, str]) -> None:
    settings = repr(pyproject_of(project)["tool"]["ruff"])
    unseen = {(settings, *file) for file in files.items() if file[0].endswith(".py")} - linted
    if unseen:
        run_ruff(project, *sorted(path for _, path, _ in unseen))
    linted.update(unseen)


def run_ruff(folder: Path, *paths: str) -> None:
    """Assert that Ruff finds nothing in a folder, or in some of its files."""
    for arguments in (["check"], ["format", "--check"]):
        command = [find_ruff_bin(), *arguments, "--no-cache", "--quiet", *paths]
        checked = subprocess.run(
            command, cwd=folder, check=False, capture_output=True, encoding="utf-8"
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.covering(0)
@pytest.mark.combinations(
    "every answer to types", thorough="all types without additions", nightly="all types"
)
def test_types_are_right(
    project: Path, environment: Environment, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cache_of_worker = tmp_path_factory.getbasetemp() / "mypy"
    checked = environment.run(
        project, "mypy", "--cache-dir", str(cache_of_worker), "--no-error-summary"
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    "python_version",
    [
        pytest.param(version, marks=[] if version == newest else pytest.mark.thorough)
        for version in CHOICES["python_version"]
        for newest in CHOICES["python_version"][-1:]
    ],
)
def test_code_suits_the_oldest_python(tmp_path: Path, python_version: str) -> None:
    for answers in each_answer():
        project = render(tmp_path / name_of(answers), {"python_version": python_version, **answers})
        supported = pyproject_of(project)["project"]["requires-python"]
        assert supported == f">={python_version}"
        workflow = yaml.safe_load((project / ".github/workflows/tests.yml").read_text())
        tested = workflow["jobs"]["tests"]["strategy"]["matrix"]["python"]
        newer = CHOICES["python_version"].index(python_version)
        assert tested == CHOICES["python_version"][newer:]
    run_ruff(tmp_path)


@pytest.mark.thorough
@pytest.mark.parametrize("answers", [*each_answer()], ids=name_of)
def test_types_suit_the_newest_python(
    tmp_path: Path, environment: Environment, answers: Answers
) -> None:
    newest = CHOICES["python_version"][-1]
    project = render(tmp_path, {"python_version": newest, **answers})
    cache_folder = f"{tmp_path}/mypy"
    checked = environment.run(
        project, "mypy", "--python-version", newest, "--cache-dir", cache_folder
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    "name", [pytest.param("a", marks=pytest.mark.thorough), "z" * 40], ids=["short", "long"]
)
def test_names_keep_the_format(tmp_path: Path, name: str) -> None:
    for answers in [*each_answer(), *applications()]:
        names = {"package_name": name, "project_slug": name}
        render(tmp_path / name_of(answers), names | answers)
    run_ruff(tmp_path)


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_has_a_label(question: str) -> None:
    labels = PROMPTS[question]
    if question not in CHOICES or question in BOOLEAN:
        assert isinstance(labels, str)
        return
    assert list(labels) == ["__prompt__", *CHOICES[question]]
    recommended = [answer for answer in CHOICES[question] if "(recommended)" in labels[answer]]
    assert recommended == CHOICES[question][:1]


@pytest.mark.parametrize("question", QUESTIONS)
def test_readme_lists_every_question_and_answer(question: str) -> None:
    readme = (TEMPLATE / "README.md").read_text(encoding="utf-8")
    assert f"`{question}`" in readme
    for answer in CHOICES.get(question, []):
        assert f"`{answer}`" in readme, f"the README does not list the answer {answer}"


def test_tree_in_the_docs_is_that_of_the_default_answers(tmp_path: Path) -> None:
    project = render(tmp_path, {})
    text = (TEMPLATE / "docs" / "what_you_get.md").read_text(encoding="utf-8")
    tree = text.partition("my-async-project/\n")[2].replace("my_async_project", "demo")
    shown, parents = set(), {0: ""}
    for indent, name in re.findall(r"(?m)^([│ ]*)[├└]── (\S+)", tree.partition("```")[0]):
        depth = len(indent) // 4
        parents[depth + 1] = parents[depth] + name
        shown.add(parents[depth + 1])

    files = set(text_files(project))
    listed = {name for name in shown if not name.endswith(("/", "…"))}
    assert listed - files == set()
    assert {name for name in files - listed if f"{name.rpartition('/')[0]}/…" not in shown} == set()


def test_file_names_are_legal_on_windows() -> None:
    names = [
        path.relative_to(TEMPLATE).as_posix()
        for folder in ("{{cookiecutter.project_slug}}", "templates", "hooks", "tests", "docs")
        for path in (TEMPLATE / folder).rglob("*")
        if "__pycache__" not in path.parts
    ]
    for name in names:
        assert not re.search(r'[<>:"\\|?*\x00-\x1f]|[. ](/|$)', name), name
    assert len({name.lower() for name in names}) == len(names)
