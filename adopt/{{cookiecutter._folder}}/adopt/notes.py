"""What the code of the tests, their settings and their plugins show."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .project import FIXTURES, Project, sources, text_of
from .recording import ERRORS
from .suite import Run, Suite, numbers_of

# Plugins that get in the way of pytest-asyncio or of the guards.
CONFLICTS = {
    "alt-pytest-asyncio": "runs async tests itself; keep it or pytest-asyncio",
    "pytest-asyncio-cooperative": "runs tests on one loop at once: a leak has no owner",
    "pytest-tornasync": "takes every async test, also those of pytest-asyncio",
    "pytest-twisted": "runs tests in Twisted's reactor, which the guards do not see",
    "pytest-rerunfailures": "runs a test again that a guard has failed; turn it off "
    "when the guards are errors",
    "flaky": "runs a test again that a guard has failed; turn it off when they are errors",
    "pytest-retry": "runs a test again that a guard has failed; turn it off when they are "
    "errors",
    "pytest-socket": "does what the guard 'network' does; keep one of them",
    "pytest-forked": "runs each test in a process, so wider fixtures are not checked",
}


class Note(NamedTuple):
    """Something to change, in a file or a setting."""

    where: str
    text: str


def notes_of_code(project: Project, about: dict[str, Any]) -> Iterator[Note]:
    """Yield what the text of the tests shows."""
    scopes: dict[str, list[str]] = {}
    for kind in ("test", "fixture"):
        if scope := about.get(f"{kind}_scope"):
            scopes.setdefault(scope, []).append(f"asyncio_default_{kind}_loop_scope")
    for path, text in sources(project):
        for node in ast.walk(parsed(text)):
            where = f"{project.name(path)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                if node.name == "event_loop":
                    yield Note(where, EVENT_LOOP)
                elif "event_loop" in {argument.arg for argument in node.args.args}:
                    use = "uses event_loop; call asyncio.get_running_loop() instead"
                    yield Note(where, f"{node.name} {use}")
            elif isinstance(node, ast.keyword) and node.arg == "loop_scope":
                scope = getattr(node.value, "value", "a variable")
                scopes.setdefault(str(scope), []).append(where)
    if len(scopes) > 1:
        parts = [f"{scope}: {', '.join(at[:3])}" for scope, at in scopes.items()]
        yield Note("unequal loop scopes", "\n".join([UNEQUAL, *parts]))


EVENT_LOOP = (
    "overrides event_loop, which pytest-asyncio 1.0 has removed; delete it, and set\n"
    "asyncio_default_test_loop_scope and asyncio_default_fixture_loop_scope instead"
)
UNEQUAL = (
    "an object made on one loop cannot be used on another; give all the same scope"
)


def notes_of_settings(suite: Suite) -> Iterator[Note]:
    """Yield what the configuration and the installed plugins show."""
    about, plugins = suite.about, suite.about["plugins"]
    if suite.needs_limit:
        how = f"the patch sets {suite.limit()} seconds" if suite.as_it_is else "set one"
        yield Note("no timeout", f"a hung test stops the run; {how}")
    elif not about["timeout"]:
        text = "a hung test stops the run; the guard 'hangs' needs pytest-timeout"
        yield Note("no timeout", f"{text}:\n{how_to_add(suite.project.root)}")
    asyncio = numbers_of(plugins.get("pytest-asyncio", ""))
    if asyncio >= (0, 24) and not about["fixture_scope"]:
        text = "is not set, which pytest-asyncio deprecates; set it to the scope of the tests"
        yield Note("asyncio_default_fixture_loop_scope", text)
    for plugin in sorted(plugins.keys() & CONFLICTS.keys()):
        yield Note(plugin, CONFLICTS[plugin])
    is_auto = about["asyncio_mode"].endswith("auto") and "pytest-asyncio" in plugins
    texts = (text for _, text in sources(suite.project))
    if is_auto and any(re.search(r"mark\.anyio|anyio_backend", text) for text in texts):
        text = "in auto mode pytest-asyncio takes AnyIO's tests: Trio's run on asyncio"
        yield Note("anyio", text)


def notes_of_fixtures(project: Project, about: dict[str, Any]) -> Iterator[Note]:
    """Yield what the fixtures need, and which ones the project has already."""
    if missing := about.get("missing"):
        file = project.name(FIXTURES / "requirements.txt")
        text = f"they need {', '.join(missing)} ({file});\ninstall that and repeat this"
        yield Note("the fixtures are not loaded", text)
    if (FIXTURES / "database_urls.py").exists() and not about.get("schema"):
        page = project.name(FIXTURES / "README.md")
        text = f"is not set, so the database of the tests has no tables; see {page}"
        yield Note("database_schema", text)
    files = [(path, text_of(path)) for path in FIXTURES.glob("*.py")]
    ours = {name for name, _ in fixtures_in(files)}
    for name, where in fixtures_in(list(sources(project))):
        if name in ours:
            path, line = where
            what = f"the fixture {name} is used instead of that of the guards"
            yield Note(f"{project.name(path)}:{line}", what)


def fixtures_in(
    files: list[tuple[Path, str]],
) -> Iterator[tuple[str, tuple[Path, int]]]:
    """Yield the name of each fixture, and where it is."""
    for path, text in files:
        for node in ast.walk(parsed(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(
                re.search(r"\bfixture\b", ast.unparse(each))
                for each in node.decorator_list
            ):
                yield node.name, (path, node.lineno)


def parsed(text: str) -> ast.Module:
    """Return the syntax tree of a file, an empty one if it has none."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def how_to_add(root: Path) -> str:
    """Return how this project adds pytest-timeout to what its tests need."""
    group = ""
    for file in (file for each in REQUIREMENTS for file in sorted(root.glob(each))):
        for number, line in enumerate(text_of(file).splitlines(), start=1):
            if found := re.match(r"\[tool\.poetry\.group\.([\w-]+)\.", line):
                group = found[1]
            if re.match(r"""\s*["']?pytest(-asyncio)?["']?\s*([\[=<>~!;,]|$)""", line):
                if group:
                    return f"poetry add --group {group} pytest-timeout"
                where = f"{file.relative_to(root).as_posix()}:{number}"
                is_for_uv = (root / "uv.lock").exists()
                uv = "uv add --dev pytest-timeout, or " if is_for_uv else ""
                return f"{uv}beside pytest in {where}"
    return "pip install pytest-timeout"


REQUIREMENTS = (
    *("pyproject.toml", "*requirements*.txt", "*requirements*/*.txt"),
    *("setup.cfg", "setup.py", "tox.ini"),
)


def stricter(before: Run, strict_ids: Run | None) -> Iterator[Note]:
    """Yield settings that the suite does not have yet, and what of it they would stop."""
    kinds: dict[str, list[str]] = {}
    for each in before.warnings:
        kinds.setdefault(each["kind"], []).append(each["text"])
    outcomes = before.outcomes.items()
    stops = {
        "strict_markers": kinds.get("PytestUnknownMarkWarning", []),
        "strict_config": kinds.get("PytestConfigWarning", []),
        "strict_xfail": [test for test, outcome in outcomes if outcome == "xpassed"],
        ERRORS: [f"{len(each)} {kind}: {each[0]}" for kind, each in kinds.items()],
    }
    if strict_ids:
        broken = strict_ids.broken.keys() - before.broken.keys()
        names = (named_in(strict_ids.broken[each]) or each for each in sorted(broken))
        stops["strict_parametrization_ids"] = [*names]
    has = before.about["strict"]
    ready = [name for name, what in stops.items() if not what and name not in has]
    if ready:
        yield Note(", ".join(ready), "nothing in the suite violates it")
    stops["the next pytest"] = [
        text
        for kind, texts in kinds.items()
        for text in texts
        if kind.startswith("PytestRemovedIn")
    ]
    for name, what in stops.items():
        if what and name not in has:
            lines = [f"- {each[:180]}" for each in dict.fromkeys(what)]
            more = [f"and {len(lines) - 3} more"] if len(lines) > 3 else []
            yield Note(name, "\n".join(["would stop the suite:", *lines[:3], *more]))


def named_in(problem: str) -> str:
    """Return the test that a problem of the collection names."""
    found = re.search(r"Test name:\s+(\S+)", problem)
    return found[1] if found else ""
