"""Any text at a free prompt makes a project that reads back what was typed, or is refused with a clear message.

In process, with cookiecutter's own prompts and environment. A failing example is printed with
the line that repeats it.
"""

import ast
import copy
import io
import json
import os
import re
import runpy
import tomllib
from contextlib import redirect_stderr
from functools import cache
from pathlib import Path, PureWindowsPath
from typing import Any
from unittest.mock import patch

import pytest
from cookiecutter.exceptions import UndefinedVariableInTemplate
from cookiecutter.generate import apply_overwrites_to_context
from cookiecutter.prompt import prompt_for_config
from cookiecutter.utils import create_env_with_context
from helpers.projects import COOKIECUTTER_JSON, QUESTIONS, TEMPLATE
from hypothesis import event, given, settings
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader

FREE = [question for question in QUESTIONS if isinstance(COOKIECUTTER_JSON[question], str)]
ANSWERS = 'r"""{{ cookiecutter | tojson }}"""'
FOLDER = "{{cookiecutter.project_slug}}"

bounded = settings(
    max_examples=50,
    deadline=None,  # the machine may be busy
    database=None,
    derandomize="CI" in os.environ,
    print_blob=True,
)

# What ends, opens or escapes something: in TOML, Python, Jinja, Markdown, JSON, a shell, a path.
MARKS = [
    *"\"'\\/.-_~:,=[]@;|&<#",
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "{{cookiecutter}}",
    "{%raw%}",
]
MARKS += ['"""', "'''", r"\"", r"\n", r"\u0041", "$(id)", "`id`", "%s", "{0}", "-->", "../", "C:\\"]
WORDS = ["a", "B", " ", "é", "日本", "🚀", "👩‍🚀", "class", "asyncio", "pytest", "nul", "x" * 90]
BLANKS = ["\t", "\n", "\r", "\0", "\x1b[2J", "\x85", "\u2028", "\ufeff", "\u202e", "\ud800", "  "]

printable = st.lists(st.sampled_from([*MARKS, *WORDS]), max_size=5).map("".join)
anything = st.text(st.characters(), max_size=20)
texts = printable | anything | st.tuples(printable, st.sampled_from(BLANKS), printable).map("".join)
names = st.from_regex(r"[a-z][a-z0-9_-]{0,12}", fullmatch=True)
names |= texts | st.tuples(names, texts).map("".join)
emails = texts | st.emails() | printable.map("a{}@b.c".format)
urls = texts | st.just("") | texts.map("https://example.com/me/{}".format)
STRATEGIES = {
    "project_slug": names,
    "package_name": names,
    "author_email": emails,
    "repository": urls,
}


@pytest.fixture(autouse=True)
def template_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(TEMPLATE)


def ask(typed: dict[str, str], *, given: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the context after answers are typed, or given as arguments."""
    context = {"cookiecutter": copy.deepcopy(COOKIECUTTER_JSON)}
    for answers in context["cookiecutter"].values():
        if isinstance(answers, list):  # cookiecutter renders every one: the first is enough here
            del answers[1:]
    apply_overwrites_to_context(context["cookiecutter"], given or {})
    with (
        patch(
            "cookiecutter.prompt.read_user_variable", lambda name, *d, **_: typed.get(name, d[0])
        ),
        patch("cookiecutter.prompt.read_user_choice", lambda name, options, *_, **__: options[0]),
        patch("cookiecutter.prompt.read_user_yes_no", lambda name, default, *_, **__: default),
    ):
        answers = prompt_for_config(context, no_input=given is not None)
    return {"cookiecutter": answers}


@cache
def environment() -> Environment:
    """Return the environment that cookiecutter renders files with."""
    made: Environment = create_env_with_context({"cookiecutter": COOKIECUTTER_JSON})
    made.loader = FileSystemLoader([TEMPLATE / FOLDER, TEMPLATE / "templates"])
    return made


@cache
def hook() -> Any:
    """Return the hook that refuses answers, ready to be given some."""
    return runpy.run_path(str(TEMPLATE / "hooks" / "pre_gen_project.py"))["main"]


def refusal(context: dict[str, Any]) -> str:
    """Run the hook on answers and return what it prints, which is nothing if it accepts them."""
    literal = environment().from_string(ANSWERS).render(**context)
    answers = ast.literal_eval(literal)
    assert json.loads(answers) == context["cookiecutter"]
    with (
        patch.dict(hook().__globals__, ANSWERS=answers, note_what_was_there=lambda: None),
        redirect_stderr(io.StringIO()) as words,
    ):
        status = hook()()
    assert status == bool(words.getvalue())
    return words.getvalue()


@pytest.mark.parametrize("name", ["pre_gen_project.py", "post_gen_project.py"])
def test_hooks_contain_answers_only_as_json(name: str) -> None:
    text = (TEMPLATE / "hooks" / name).read_text(encoding="utf-8")
    assert f"\nANSWERS = {ANSWERS}\n" in text
    rest = text.replace(ANSWERS, "")
    assert environment().from_string(rest).render() == rest


def assert_message_is_clear(refused: str) -> None:
    title, *problems = refused.strip().split("\n")
    assert title == "No project was made:"
    for problem in filter(None, problems):
        assert re.fullmatch(rf"  ({'|'.join(FREE)}): .{{10,200}}\.", problem), problem


def assert_reads_back(context: dict[str, Any]) -> None:
    answers = context["cookiecutter"]
    files = {
        file: environment().get_template(file).render(**context).encode().decode()
        for file in ("pyproject.toml", "README.md")
    }
    pyproject = tomllib.loads(files["pyproject.toml"])
    project = pyproject["project"]
    assert project["name"] == answers["project_slug"]
    assert project["description"] == answers["description"]
    assert project["authors"] == [
        {"name": answers["author_name"], "email": answers["author_email"]}
    ]
    assert project.get("urls", {}).get("Repository", "") == answers["repository"]
    assert pyproject["tool"]["uv"]["build-backend"]["module-name"] == answers["package_name"]
    title, empty, description, *_ = files["README.md"].split("\n")
    assert (title, empty) == (f"# {answers['project_name']}", "")
    assert description == answers["description"]
    ast.parse(f"from {answers['package_name']}.api import UserApi")


@pytest.mark.covering(0)
@pytest.mark.parametrize("prompt", FREE)
@bounded
@given(data=st.data())
def test_typed_text_is_read_back_or_refused(prompt: str, data: st.DataObject) -> None:
    typed = data.draw(STRATEGIES.get(prompt, texts))
    try:
        context = ask({prompt: typed})
    except SystemExit as path:  # cookiecutter makes the folder before the hook can refuse its name
        event("refused as a path")
        assert prompt == "project_slug"
        assert_message_is_clear(str(path.code))
        return
    assert context["cookiecutter"][prompt] == typed
    folder = context["cookiecutter"]["project_slug"]
    assert PureWindowsPath(folder).name == folder not in ("", "..")  # on every system
    refused = refusal(context)
    event("refused" if refused else "accepted")
    if refused:
        assert_message_is_clear(refused)
    else:
        assert_reads_back(context)


@pytest.mark.covering(0)
@pytest.mark.parametrize("prompt", FREE)
@bounded
@given(data=st.data())
def test_cruft_renders_stored_answers_to_themselves(prompt: str, data: st.DataObject) -> None:
    try:
        context = ask({prompt: data.draw(STRATEGIES.get(prompt, texts))})
    except SystemExit:  # a path
        return
    # Without `_output_dir`, which only cookiecutter says.
    if not refusal(context):
        stored = {question: context["cookiecutter"][question] for question in QUESTIONS}
        again = ask({}, given=stored)["cookiecutter"]
        assert {question: again[question] for question in QUESTIONS} == stored


@pytest.mark.parametrize("value", [None, True], ids=str)
@pytest.mark.parametrize("prompt", FREE)
def test_value_that_is_not_text_is_refused(prompt: str, value: Any) -> None:
    refused = refusal(ask({}, given={prompt: value}))
    assert f"  {prompt}: {value!r} is not text; put it in quotes." in refused


@pytest.mark.parametrize("prompt", FREE)
@pytest.mark.parametrize(
    "template",
    [
        "{{ cycler.__init__.__globals__.os.mkdir('CANARY') }}",
        "{{ lipsum.__globals__['os'].mkdir('CANARY') }}",
        "{{ self.__init__.__globals__.__builtins__.__import__('os').mkdir('CANARY') }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ (''|attr('__class__')).__mro__ }}",
        "{{ '{0.__class__.__mro__}'.format('') }}",
        "{% set x = cycler['__init__'] %}{{ x.__globals__.os.mkdir('CANARY') }}",
        "{{ cookiecutter.update({'_extensions': ['antigravity']}) }}",
        "{{ cookiecutter.clear() }}",
    ],
)
def test_template_as_argument_runs_no_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, prompt: str, template: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UndefinedVariableInTemplate) as refused:
        ask({}, given={prompt: template})
    assert refused.value.message == f"Unable to render variable '{prompt}'"
    assert "is forbidden: a template here cannot run code" in str(refused.value.error)
    assert not [*tmp_path.iterdir()]


def test_sandbox_is_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("_extensions", "__slug"):  # the extension, and what uses it
        monkeypatch.delitem(COOKIECUTTER_JSON, name)
    ask({}, given={"description": "{{ cycler.__init__.__globals__.os.mkdir('CANARY') }}"})
    assert (tmp_path / "CANARY").is_dir()


def test_template_as_argument_cannot_include_files() -> None:
    for tag in ("include", "import", "extends"):
        rest = " as x" if tag == "import" else ""
        with pytest.raises(TypeError, match="no loader"):
            ask({}, given={"description": f"{{% {tag} '/etc/passwd'{rest} %}}"})
