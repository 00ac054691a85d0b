"""The patch: what files of the project need, each change with its reason."""

from __future__ import annotations

import ast
import difflib
import json
import re
import tomllib
from pathlib import Path
from typing import Any

from .notes import Note
from .project import (
    GUARDS,
    SECTIONS,
    TESTS,
    Project,
    is_loaded,
    output_of,
    settings_in,
    text_of,
)
from .suite import Suite

PATCH = GUARDS / "adopt.patch"


class Editor:
    """Changes to files that are only written down, as a patch with reasons."""

    def __init__(self, project: Project) -> None:
        self.project = project
        prefix = output_of("git", "rev-parse", "--show-prefix", cwd=project.top)
        self.prefix = prefix  # git takes paths from the top of the repository
        self.texts: dict[Path, str] = {}
        self.patch = ""
        self.by_hand: list[Note] = []

    def text(self, path: Path) -> str:
        return self.texts.get(path, text_of(path))

    def change(self, path: Path, text: str, reason: str) -> None:
        """Add a change, with its reason above it."""
        before = self.text(path)
        if "\r\n" in before:
            text = text.replace("\r\n", "\n").replace("\n", "\r\n")
        name = self.prefix + path.relative_to(self.project.top).as_posix()
        is_new = not (path.exists() or path in self.texts)
        lines = difflib.unified_diff(
            before.splitlines(keepends=True),
            text.splitlines(keepends=True),
            "/dev/null" if is_new else f"a/{name}",
            f"b/{name}",
        )
        self.patch += f"{reason}\n\ndiff --git a/{name} b/{name}\n"
        self.patch += "new file mode 100644\n" if is_new else ""
        for line in lines:
            ends = "" if line.endswith("\n") else "\n\\ No newline at end of file\n"
            self.patch += line + ends
        self.patch += "\n"
        self.texts[path] = text

    def load(self, plugins: list[str]) -> None:
        """Load plugins in a conftest.py."""
        path = self.project.conftest
        text, names = self.text(path), ", ".join(f'"{each}"' for each in plugins)
        new = with_plugin(text, names)
        what = " and ".join(each.rpartition(".")[2] for each in plugins)
        if new is None:
            where = self.project.name(path)
            self.by_hand.append(Note(where, f"add {names} to its pytest_plugins"))
        else:
            self.change(path, new, f"Load the {what} for all tests.")

    def set(
        self, name: str, value: str | int | list[str], reason: str, about: Any
    ) -> None:
        """Add a setting to the configuration file that pytest reads."""
        path, section, is_toml = self.configuration(about)
        line = f"{name} = {json.dumps(value) if is_toml else words(value)}"
        text = self.text(path)
        header = re.search(
            rf"^\[{re.escape(section)}\][ \t]*(#.*)?\r?$\n?", text, re.MULTILINE
        )
        if header:
            section_text = section_of(text, header.end())
            if re.search(rf"^{name}\s*=", section_text, re.MULTILINE):
                longer = with_more(section_text, name, value, is_toml)
                if longer is None:
                    what = f"change its {name} to have {words(value)} as well: {reason}"
                    self.by_hand.append(Note(self.project.name(path), what))
                    return
                at = header.end()
                new = text[:at] + longer + text[at + len(section_text) :]
            else:
                at, ending = header.end(), "" if header[0].endswith("\n") else "\n"
                new = f"{text[:at]}{ending}{line}\n{text[at:]}"
        elif is_toml and has_settings(text):  # in a way that has no header
            self.by_hand.append(Note(self.project.name(path), f"add {line}"))
            return
        else:
            apart = "" if not text else "\n" if text.endswith("\n") else "\n\n"
            new = f"{text}{apart}[{section}]\n{line}\n"
        self.change(path, new, reason)

    def configuration(self, about: dict[str, Any]) -> tuple[Path, str, bool]:
        """Return the file that pytest reads, its section, and whether that is TOML."""
        top, given = self.project.top, about.get("inipath", "")
        path = Path(given) if given else settings_in(top)
        if not path or not path.is_relative_to(top):
            pyproject = top / "pyproject.toml"
            path = pyproject if pyproject.exists() else top / "pytest.ini"
        section = SECTIONS.get(path.name, "pytest")
        text = self.text(path)
        if path.name == "pyproject.toml" and re.search(
            r"^\[tool\.pytest\]", text, re.MULTILINE
        ):
            section = "tool.pytest"
        return path, section, path.suffix == ".toml"


def has_settings(text: str) -> bool:
    """Tell whether a pyproject.toml configures pytest."""
    return "pytest" in tomllib.loads(text).get("tool", {})


def with_more(section: str, name: str, value: Any, is_toml: bool) -> str | None:
    """Return a section whose setting has more values, None if it is not in one line."""
    found = re.search(
        rf"^{name}\s*=[ \t]*(.*?)[ \t]*\r?$(?!\n[ \t]+\S)", section, re.MULTILINE
    )
    if not found or not isinstance(value, list) or "#" in found[1]:
        return None
    more, old = words(value), found[1]
    if not is_toml or re.fullmatch(r"""(["'])[^"']*\1""", old):
        quote = old[-1:] if is_toml else ""
        new = f"{old.removesuffix(quote)} {more}{quote}"
    elif re.fullmatch(r"\[.*[^\[,\s]\s*\]", old):
        new = f"{old[:-1].rstrip()}, {json.dumps(value)[1:]}"
    else:
        return None
    return section[: found.start(1)] + new + section[found.end(1) :]


def words(value: str | int | list[str]) -> str:
    """Return a value as an .ini file has it."""
    return " ".join(value) if isinstance(value, list) else str(value)


def section_of(text: str, begin: int) -> str:
    end = re.search(r"^\[", text[begin:], re.MULTILINE)
    return text[begin : begin + end.start()] if end else text[begin:]


def with_plugin(text: str, plugin: str) -> str | None:
    """Return the text of a conftest.py that loads one more plugin.

    None if it has `pytest_plugins` that are no list, tuple or text.
    """
    if not text:
        return f'"""Load the guards for all tests."""\n\npytest_plugins = [{plugin}]\n'
    at, line = 0, f"\npytest_plugins = [{plugin}]\n"
    for node in ast.parse(text).body:
        is_import = isinstance(node, ast.Import | ast.ImportFrom)
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if "pytest_plugins" in names_set_by(node):
            at = node.end_lineno or 0
            value: Any = vars(node).get("value")
            if isinstance(value, ast.Constant):
                line = f"pytest_plugins = [pytest_plugins, {plugin}]\n"
            elif isinstance(value, ast.List | ast.Tuple):
                is_list = isinstance(value, ast.List)
                more = f"[{plugin}]" if is_list else f"({plugin},)"
                line = f"pytest_plugins += {more}\n"
            else:
                return None
            break
        if is_import or is_text:
            at = node.end_lineno or 0
    lines = text.splitlines(keepends=True)
    before = "".join(lines[:at])
    if before and not before.endswith("\n"):
        before += "\n"
    return before + (line if at else f"{line[1:]}\n") + "".join(lines[at:])


def names_set_by(node: ast.stmt) -> set[str]:
    targets = vars(node).get("targets", [vars(node).get("target")])
    return {target.id for target in targets if isinstance(target, ast.Name)}


def write_patch(suite: Suite) -> Editor:
    """Write what the next step changes in files of the project."""
    project, editor, about = suite.project, Editor(suite.project), suite.about
    new = [each for each in suite.loadable() if not is_loaded(project, each)]
    if suite.can_load and new:
        editor.load(new)
    if suite.can_load and not is_loaded(project):
        reason = "Let the guards report: no test fails because of them."
        editor.set("guards", "report", reason, about)
        is_elsewhere = project.conftest.parent != TESTS and project.base != project.top
        settings = editor.text(editor.configuration(about)[0])
        mode = about.get("importmode", "importlib" * ("importlib" in settings))
        if mode == "importlib" or is_elsewhere:
            folder = project.base.relative_to(project.top).as_posix()
            if str(project.base) not in about.get("pythonpath", []):
                reason = "Let pytest find the guards, in every import mode."
                editor.set("pythonpath", [folder], reason, about)
    if suite.as_it_is and suite.needs_limit:
        limit = suite.limit()
        reason = "End a test that hangs. No test of the suite came near this time."
        path, section, _ = editor.configuration(about)
        if section == "tool.pytest" or path.name.endswith("pytest.toml"):
            # pytest-timeout 2.4 takes only text there, 2.5 only a number.
            editor.set("addopts", [f"--timeout={limit}"], reason, about)
        else:
            editor.set("timeout", limit, reason, about)
    if editor.patch:
        with PATCH.open("w", encoding="utf-8", newline="") as file:
            file.write(editor.patch)
    else:
        PATCH.unlink(missing_ok=True)
    return editor
