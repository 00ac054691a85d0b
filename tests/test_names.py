"""Answers: each gives a whole project, or is refused with a clear message."""

import json
import re
import runpy
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest
from helpers.command_line import User, cookiecutter_command
from helpers.projects import TEMPLATE, pyproject_of

AnswerProblems = Callable[[dict[str, str]], list[str]]

GOOD = {
    "project_name": "Good Name",
    "project_slug": "good-name",
    "package_name": "good_name",
    "description": "A good one.",
    "author_name": "Ada Lovelace",
    "author_email": "ada@example.com",
    "repository": "https://example.com/ada/good-name",
    "event_loop": "asyncio",
}

QUESTIONS = sum(
    not name.startswith("_") for name in json.loads((TEMPLATE / "cookiecutter.json").read_text())
)

# Every kind of character that ends a string somewhere: in TOML, Python, Jinja, Markdown, a shell.
HOSTILE = r"""It's "so" \ é 🚀 👩‍🚀 ''' \"" {# #} {% %} </b> $(x) `y` & | # \n \u0041 日本"""


@pytest.fixture(scope="module")
def answer_problems() -> AnswerProblems:
    """Return the rules, called without cookiecutter around them."""
    rules: AnswerProblems = runpy.run_path(str(TEMPLATE / "hooks" / "pre_gen_project.py"))[
        "answer_problems"
    ]
    return rules


def tree(user: User) -> set[Path]:
    """Return everything in the working directory and beside it."""
    own = (user.home, user.temporary)
    return {
        path
        for path in user.work.parent.rglob("*")
        if not any(path.is_relative_to(folder) for folder in own)
    }


@pytest.mark.parametrize(
    ("project_name", "slug"),
    [
        pytest.param("My  Big Project", "my-big-project", id="spaces"),
        pytest.param("""Say "hi" to 'em""", "say-hi-to-em", id="quotes"),
        pytest.param(r"back\slash\n", "back-slash-n", id="backslash"),
        pytest.param("Café", "cafe", id="accent"),
        pytest.param("Rocket 🚀", "rocket", id="emoji"),
        pytest.param("🚀", "my-async-project", id="emoji only"),
        pytest.param("requests", "requests", id="package that is not installed"),
        pytest.param("x" * 200, "x" * 40, id="200 characters"),
        pytest.param(f"{'x' * 39} {'y' * 140}", "x" * 39, id="200 characters, cut at a blank"),
    ],
)
def test_project_name_becomes_project(user: User, project_name: str, slug: str) -> None:
    result = user.cookiecutter(f"project_name={project_name}", "run_suite=no")
    assert result.returncode == 0, result.stderr
    project = user.work / slug
    assert [*user.work.iterdir()] == [project]
    assert pyproject_of(project)["project"]["name"] == slug
    assert (project / "src" / slug.replace("-", "_") / "__init__.py").is_file()


def test_hostile_text_is_read_back_as_typed(user: User) -> None:
    # In braces, an answer on the command line is a template; at a prompt it is not, see below.
    text = HOSTILE.replace("{# #} {% %} ", "")
    result = user.cookiecutter(
        f"project_name={text}",
        "project_slug=hostile",
        f"description={text}",
        f"author_name={text}",
        'author_email="o neil"@example.com',
        "run_suite=no",
    )
    assert result.returncode == 0, result.stderr
    project = pyproject_of(user.work / "hostile")["project"]
    assert project["description"] == text
    assert project["authors"] == [{"name": text, "email": '"o neil"@example.com'}]


@pytest.mark.skipif(sys.platform == "win32", reason="pexpect needs a POSIX terminal")
def test_hostile_text_typed_at_prompts_is_read_back_as_typed(user: User) -> None:
    typed = ["{{ 7*7 }}", "hostile", "hostile", HOSTILE, HOSTILE, "a@example.com"]
    prompts = pexpect.spawn(
        cookiecutter_command()[0],
        cookiecutter_command()[1:],
        cwd=user.work,
        env={**user.environment, "ASYNC_PYTEST_TEMPLATE_RUN_SUITE": "no"},
        encoding="utf-8",
        dimensions=(50, 200),
        timeout=60,
    )
    for number, text in enumerate(typed + [""] * (QUESTIONS - len(typed)), start=1):
        prompts.expect_exact(f"[{number}/{QUESTIONS}]")
        prompts.sendline(text)
    prompts.expect(pexpect.EOF)
    prompts.close()
    assert prompts.exitstatus == 0, prompts.before
    project = pyproject_of(user.work / "hostile")["project"]
    assert project["description"] == HOSTILE
    assert project["authors"] == [{"name": HOSTILE, "email": "a@example.com"}]


def test_code_in_an_argument_is_refused_and_leaves_nothing(user: User) -> None:
    before = tree(user)
    code = "{{ cycler.__init__.__globals__.os.mkdir('made') }}"
    result = user.cookiecutter(f"description={code}")
    assert result.returncode == 1
    assert "Unable to render variable 'description'" in result.stdout + result.stderr
    assert "'__init__' is forbidden: a template here cannot run code" in (
        result.stdout + result.stderr
    )
    assert tree(user) == before


@pytest.mark.parametrize(
    ("answer", "prompt"),
    [
        pytest.param("project_name=", "project_name", id="empty name"),
        pytest.param("project_name=1st", "package_name", id="leading digit"),
        pytest.param("project_name=class", "package_name", id="keyword"),
        pytest.param("project_name=asyncio", "package_name", id="standard library"),
        pytest.param("project_name=tests", "package_name", id="our layout"),
        pytest.param("project_name=pytest", "project_slug", id="installed package"),
        pytest.param("project_name={{ 7*7 }}", "package_name", id="template"),
        pytest.param("project_slug=", "project_slug", id="empty slug"),
        pytest.param("project_slug=../evil", "project_slug", id="parent folder"),
        pytest.param("project_slug=/tmp/evil", "project_slug", id="absolute path"),
        pytest.param("project_slug=a/b", "project_slug", id="nested folder"),
        pytest.param("project_slug=.", "project_slug", id="this folder"),
        pytest.param("project_slug=..", "project_slug", id="upper folder"),
        pytest.param("project_slug=My Project", "project_slug", id="blank in slug"),
        pytest.param(f"project_slug={'x' * 200}", "project_slug", id="200 characters"),
        pytest.param("package_name=mon_café", "package_name", id="accent in package"),
        pytest.param("package_name=a.b", "package_name", id="dotted package"),
        pytest.param("description=one\ntwo", "description", id="two lines"),
        pytest.param("author_email=nobody", "author_email", id="no address"),
        pytest.param("repository=github.com/me/x", "repository", id="no URL"),
    ],
)
def test_bad_answer_is_refused_and_leaves_nothing(user: User, answer: str, prompt: str) -> None:
    before = tree(user)
    result = user.cookiecutter(answer)
    assert result.returncode == 1
    assert f"  {prompt}: " in result.stderr
    assert tree(user) == before


def test_all_problems_are_reported_at_once(user: User) -> None:
    result = user.cookiecutter(
        "project_name= ",
        "project_slug=A B",
        "package_name=import",
        "description=\x1b[2J",
        "author_name=Lovelace, Ada",
        "author_email=ada at example.com",
        "repository=git@example.com:ada/good-name.git",
    )
    refused = [line.split(":")[0].strip() for line in result.stderr.splitlines()[3:10]]
    assert refused == [prompt for prompt in GOOD if prompt != "event_loop"]  # fits everywhere


@pytest.mark.parametrize("slug", ["../evil", "my-async-project"])
def test_existing_folder_is_not_changed(user: User, slug: str) -> None:
    folder = user.work / Path(slug).name
    folder.mkdir()
    (folder / "mine").touch()
    before = tree(user)
    assert user.cookiecutter(f"project_slug={slug}").returncode == 1
    assert tree(user) == before


def test_refusal_keeps_folder_that_was_to_be_overwritten(user: User) -> None:
    folder = user.work / "my-async-project"
    folder.mkdir()
    (folder / "mine").touch()
    before = tree(user)
    result = user.cookiecutter("--overwrite-if-exists", "author_email=nobody")
    assert result.returncode == 1
    assert tree(user) == before


@pytest.mark.parametrize(
    ("prompt", "value"),
    [
        ("project_slug", "trailing-"),
        ("project_slug", "two--hyphens"),
        ("project_slug", "newline\n"),
        ("project_slug", "nul"),
        ("project_slug", "com1"),
        ("project_slug", "typing-extensions"),
        ("project_slug", "typing_extensions"),
        ("package_name", ""),
        ("package_name", "newline\n"),
        ("package_name", "with-hyphen"),
        ("package_name", "Upper"),
        ("package_name", "_private"),
        ("package_name", "x" * 41),
        ("package_name", "match"),
        ("package_name", "print"),
        ("package_name", "distutils"),
        ("package_name", "annotationlib"),
        ("package_name", "conftest"),
        ("package_name", "xdist"),
        ("package_name", "aux"),
        ("description", ""),
        ("description", " blank first"),
        ("description", "a\u2028b"),
        ("description", "a\ud800b"),
        ("description", "a\x7fb"),
        ("author_name", "A\tB"),
        ("author_email", ""),
        ("author_email", "@"),
        ("author_email", "a@"),
        ("author_email", "a@["),
        ("author_email", "a@[ "),
        ("author_email", "a@b@c"),
        ("author_email", "a b@example.com"),
        ("author_email", "a@example.com, b@example.com"),
        ("author_email", "(comment)a@example.com"),
        ("author_email", "é@example.com"),
        ("author_email", "a@exämple.com"),
        ("repository", "https://example.com"),
        ("repository", "https://example.com/me/x/"),
        ("repository", "https://example.com/me/x.git"),
        ("repository", "https://example.com/me/x y"),
        ("repository", "https://example.com/me/x\n"),
        ("repository", "https://ada:secret@example.com/me/x"),
        ("repository", 'https://example.com/me/"x"'),
        ("repository", "ssh://git@example.com/me/x"),
    ],
    ids=ascii,
)
def test_rule_refuses(answer_problems: AnswerProblems, prompt: str, value: str) -> None:
    (problem,) = answer_problems({**GOOD, prompt: value})
    assert problem.startswith(f"{prompt}: {value!r}"[:60])


@pytest.mark.parametrize(
    ("prompt", "value"),
    [
        ("project_slug", "a"),
        ("project_slug", "1-2_3"),
        ("project_slug", "x" * 40),
        ("package_name", "a"),
        ("package_name", "good__name_2"),
        ("package_name", "x" * 40),
        ("author_name", "李小龍"),
        ("author_name", "Ph.D. (retired) <me>"),
        ("author_email", "a+b@localhost"),
        ("description", "👩‍👩‍👧‍👧 zero width joiners"),
        ("repository", ""),
        ("repository", "https://github.com/me/my-project"),
        ("repository", "http://localhost:3000/group/sub_group/~x.y"),
    ],
    ids=ascii,
)
def test_rule_accepts(answer_problems: AnswerProblems, prompt: str, value: str) -> None:
    assert not answer_problems({**GOOD, prompt: value})


@pytest.mark.parametrize("event_loop", ["uvloop", "both"])
def test_uvloop_is_refused_on_windows(
    answer_problems: AnswerProblems, monkeypatch: pytest.MonkeyPatch, event_loop: str
) -> None:
    answers = {**GOOD, "event_loop": event_loop}
    assert not answer_problems(answers)
    monkeypatch.setattr(sys, "platform", "win32")
    (problem,) = answer_problems(answers)
    assert re.fullmatch(rf"event_loop: '{event_loop}' .* Windows; answer asyncio", problem)
    assert not answer_problems(GOOD)


def test_message_is_short_for_a_long_answer(answer_problems: AnswerProblems) -> None:
    (problem,) = answer_problems({**GOOD, "project_slug": "x" * 10_000})
    assert len(problem) < 150
