"""Report on a suite that has never had guards, and write a patch that loads them.

Run it again after each step, and delete it when the guards are errors. It changes no file
but `adopt.patch` beside itself: `python tests/guards/adopt.py`.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pytest

GUARDS = Path(__file__).resolve().parent
TESTS = GUARDS.parent
PATCH = GUARDS / "adopt.patch"
OLDEST = {
    "Python": (3, 11),
    "pytest": (8, 2),
    "pytest-asyncio": (1, 1),
}  # for the guards
# In the order in which pytest looks for its settings.
CONFIGURATION = (
    *("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini"),
    *("pyproject.toml", "tox.ini", "setup.cfg"),
)
SECTIONS = {"setup.cfg": "tool:pytest", "pyproject.toml": "tool.pytest.ini_options"}
ENVIRONMENTS = frozenset([".venv", ".tox", ".nox", "venv", "env", "site-packages"])
WORST = 5  # tests that the report lists
STRICT = (
    *("strict_markers", "strict_config", "strict_xfail"),
    "strict_parametrization_ids",
)
ERRORS = "filterwarnings = error"
BAD = frozenset(["failed", "error"])

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


class CannotRunError(Exception):
    """The suite cannot be run; the text says why."""


class CannotLoadError(CannotRunError):
    """The suite runs, but not with the guards."""


def main() -> int:
    """Print the report, write the patch, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--python", help="the Python that runs your tests")
    parser.add_argument("--no-run", action="store_true", help="do not run the suite")
    parser.add_argument(
        "--minutes", type=float, default=10, help="for each run of the suite"
    )
    for hidden in ("--from-template", "--link"):  # for the hook of the template
        parser.add_argument(hidden, nargs="?", const=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    project = find_project()
    suite = Suite(project, options.minutes)
    if options.no_run:
        suite.reason = "you asked for no run"
    else:
        try:
            last = "" if options.from_template else sys.executable
            suite.python = find_python(project.root, options.python or "", last)
            suite.run()
        except CannotRunError as error:
            suite.reason = str(error)
            suite.can_load = not isinstance(error, CannotLoadError)
        except KeyboardInterrupt:
            suite.reason = "it was interrupted"
    report(suite)
    if options.from_template:
        tell_of_updates(project, options.link)
    return 0


# The project


class Project(NamedTuple):
    """Where a project is, and how its tests import the guards."""

    root: Path
    base: Path  # what must be on the path
    plugin: str

    @property
    def conftest(self) -> Path:
        """The conftest.py that pytest loads before it knows its options."""
        is_initial = TESTS.parent == self.root and TESTS.name.startswith("test")
        return (TESTS if is_initial else self.root) / "conftest.py"

    def name(self, path: Path) -> str:
        """Return the path of a file as a person in the project types it."""
        return (
            path.relative_to(self.root).as_posix()
            if path.is_relative_to(self.root)
            else str(path)
        )


def find_project() -> Project:
    marks = (*CONFIGURATION, "setup.py", ".git")
    above = [TESTS, *TESTS.parents]
    roots = (
        folder for folder in above if any((folder / mark).exists() for mark in marks)
    )
    root = next(roots, TESTS.parent)
    base = TESTS
    while (base / "__init__.py").exists():
        base = base.parent
    return Project(root, base, ".".join(GUARDS.relative_to(base).parts))


def is_loaded(project: Project) -> bool:
    return f'"{project.plugin}"' in text_of(project.conftest).replace("'", '"')


def text_of(path: Path) -> str:
    """Return the text of a file with its own line endings; nothing if there is none."""
    if not path.exists():
        return ""
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


def output_of(*command: str, cwd: Path) -> str:
    """Return what a command prints, without the end of the line; nothing if it fails."""
    program = shutil.which(command[0])
    if not program:
        return ""
    done = subprocess.run(
        [program, *command[1:]],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return "" if done.returncode else done.stdout.rstrip("\n")


# The environment of the project


def find_python(root: Path, given: str, last: str) -> str:
    """Return a Python that has pytest: that of the project's environment."""
    if given:
        tried = {"--python": given}
    else:
        tried = {name: python_of(root / name) for name in (".venv", "venv", "env")}
        for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
            if folder := os.environ.get(variable):
                tried[variable] = python_of(Path(folder))
        if "[tool.poetry" in text_of(root / "pyproject.toml"):
            folder = output_of("poetry", "env", "info", "--path", cwd=root)
            tried["poetry"] = python_of(Path(folder or root / "none"))
        if last:
            tried["this Python"] = last
    for python in tried.values():
        if Path(python).exists() and output_of(
            python, "-c", "import pytest; print(1)", cwd=root
        ):
            return python
    makes = next((how for mark, how in MAKE.items() if (root / mark).exists()), "")
    raise CannotRunError(
        f"no Python with pytest was found ({', '.join(tried)}).\n"
        f"Make the environment of the project{makes}, or name its Python: --python PATH"
    )


MAKE = {
    "uv.lock": " (uv sync)",
    "poetry.lock": " (poetry install)",
    "pdm.lock": " (pdm install)",
}


def python_of(environment: Path) -> str:
    folder = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    return str(environment / folder)


# Runs of the suite


class Run:
    """What a run of the suite has recorded."""

    def __init__(self, entries: list[dict[str, Any]], status: int, output: str) -> None:
        self.status, self.output = status, output
        self.about: dict[str, Any] = {}
        self.outcomes: dict[str, str] = {}
        self.seconds: dict[str, float] = {}
        self.findings: list[dict[str, str]] = []
        self.warnings: list[dict[str, str]] = []
        self.broken: dict[str, str] = {}  # what cannot be collected, and why
        self.started = ""
        for entry in entries:
            self.about.update(entry.get("about", {}))
            self.started = entry.get("started", self.started)
            self.findings += entry.get("findings", [])
            self.warnings += entry.get("warnings", [])
            self.broken.update(entry.get("broken", {}))
            if "test" in entry:
                self.note(re.sub(r"0x[0-9a-f]+", "0x…", entry["test"]), entry)

    def note(self, test: str, entry: dict[str, Any]) -> None:
        seconds = self.seconds.get(test, 0.0) + entry["seconds"]
        self.seconds[test] = seconds
        outcome = entry["outcome"]
        if outcome == "failed" and entry["when"] != "call":
            outcome = "error"
        is_over = entry["when"] == "call" or outcome != "passed"
        if is_over and self.outcomes.get(test) not in BAD:
            self.outcomes[test] = outcome

    def __str__(self) -> str:
        order = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")
        counts = Counter(self.outcomes.values())
        parts = [f"{counts[what]} {what}" for what in order if counts[what]]
        if self.broken:
            parts.append(f"{len(self.broken)} not collected")
        return ", ".join(parts) or "no test"


class Suite:
    """The suite of a project: as it is, and with the guards in report mode."""

    python = ""
    reason = ""  # that it could not be run, or not to the end
    can_load = True
    as_it_is: Run | None = None
    guarded: Run | None = None
    strict_ids: Run | None = None

    def __init__(self, project: Project, minutes: float) -> None:
        self.project, self.minutes = project, minutes

    def run(self) -> None:
        """Run it as it is, then with the guards, and collect it with strict ids."""
        all_files = "--continue-on-collection-errors"
        off = ["--guards=off"] if is_loaded(self.project) else []
        self.as_it_is = before = self.record(all_files, *off)
        about = before.about
        if not before.outcomes:
            tail = "\n".join(before.output.splitlines()[-15:])
            raise CannotRunError(f"pytest ran no test:\n\n{tail}\n")
        if problem := too_old(about):
            raise CannotLoadError(problem)
        limit = []
        if "pytest-timeout" in about["plugins"] and not about["timeout"]:
            limit = [f"--timeout={self.limit()}"]
        plugin = ["-p", self.project.plugin, "--guards=report", all_files, *limit]
        after = self.record(*plugin)
        if not after.outcomes:
            tail = "\n".join(after.output.splitlines()[-15:])
            raise CannotLoadError(f"pytest ran no test with the guards:\n\n{tail}\n")
        self.guarded = after
        if numbers_of(about["pytest"]) >= (9,):
            strict = ("--collect-only", "-q", "-o", "strict_parametrization_ids=true")
            self.strict_ids = self.record(*strict)

    def limit(self) -> int:
        """Return a timeout in seconds that no test of the suite comes near."""
        slowest = max(self.as_it_is.seconds.values(), default=0) if self.as_it_is else 0
        return max(60, 60 * (1 + int(slowest / 10)))

    def record(self, *arguments: str) -> Run:
        """Run pytest in the project's Python, in this same file: see `record`."""
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            notes, printed = Path(folder, "record"), Path(folder, "output")
            cache = ["-o", f"cache_dir={folder}/cache", "-p", "no:randomly"]
            command = [
                self.python,
                __file__,
                "--record",
                str(notes),
                *cache,
                *arguments,
            ]
            with printed.open("wb") as output:
                process = subprocess.Popen(
                    command,
                    cwd=self.project.root,
                    env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
                status = self.wait_for(process)
            text = printed.read_text(encoding="utf-8", errors="replace")
            lines = (
                notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []
            )
        entries = []
        for line in lines:
            try:
                entries.append(json.loads(line))
            except ValueError:  # half a line of a run that was killed
                break
        run = Run(entries, status, text)
        if status is None:
            raise CannotRunError(
                f"it has not ended in {self.minutes:g} minutes (--minutes); "
                f"the last test that began is {run.started or 'none'}"
            )
        return run

    def wait_for(self, process: subprocess.Popen[bytes]) -> Any:
        """Return the exit status, None if the time was over."""
        try:
            return process.wait(self.minutes * 60)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGINT)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            return None
        except BaseException:
            process.wait()  # Ctrl-C has reached it, too
            raise


def too_old(about: dict[str, Any]) -> str:
    """Say what is too old for the guards."""
    has = {**about["plugins"], "pytest": about["pytest"]}
    has["Python"] = ".".join(map(str, about["python"]))
    for name, oldest in OLDEST.items():
        if name in has and numbers_of(has[name]) < oldest:
            wanted = ".".join(map(str, oldest))
            return f"the guards need {name} {wanted} or newer; this is {has[name]}"
    return ""


def numbers_of(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])


def record(path: str, arguments: list[str]) -> int:
    """Run pytest in this process, which is the project's Python, and note what happens."""
    import pytest

    project = find_project()
    sys.path[0] = str(project.root)
    if project.base != project.root:
        sys.path.insert(1, str(project.base))

    def note(**entry: Any) -> None:
        """Write it at once, because a run may be killed."""
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(entry, default=str) + "\n")

    class Recorder:
        def pytest_sessionstart(self, session: pytest.Session) -> None:
            note(about=about(session.config))

        def pytest_runtest_logstart(self, nodeid: str) -> None:
            note(started=nodeid)

        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            outcome = report.outcome
            if hasattr(report, "wasxfail"):
                outcome = "xpassed" if report.passed else "xfailed"  # type: ignore[assignment]
            note(
                test=report.nodeid,
                when=report.when,
                outcome=outcome,
                seconds=report.duration,
                findings=[as_dict(each) for each in vars(report).get("findings", [])],
            )

        def pytest_collectreport(self, report: pytest.CollectReport) -> None:
            if report.failed:
                note(broken={report.nodeid: str(report.longrepr).strip()})

        def pytest_warning_recorded(self, warning_message: Any, nodeid: str) -> None:
            kind = warning_message.category.__name__
            text = " ".join(f"{nodeid} {warning_message.message}".split())
            note(warnings=[{"kind": kind, "text": text}])

        def pytest_unconfigure(self) -> None:
            findings = sys.modules.get(f"{project.plugin}.findings")
            of_run = getattr(findings, "run", None)
            left = [each for each in getattr(of_run, "findings", []) if not each.nodeid]
            note(findings=[as_dict(each) for each in left])

    def as_dict(finding: Any) -> dict[str, str]:
        names = ("guard", "kind", "text", "mode", "nodeid", "hint")
        return dict(zip(names, finding, strict=False))

    has_coverage = bool(find_spec("pytest_cov"))
    return int(pytest.main(arguments + ["--no-cov"] * has_coverage, [Recorder()]))


def about(config: pytest.Config) -> dict[str, Any]:
    """Return what pytest says of the suite's configuration."""
    import pytest

    def ini(name: str) -> Any:
        try:
            return config.getini(name) or ""
        except (KeyError, ValueError):
            return ""

    plugins = {
        distribution.metadata["Name"].lower().replace("_", "-"): distribution.version
        for _, distribution in config.pluginmanager.list_plugin_distinfo()
    }
    return {
        "python": sys.version_info[:3],
        "pytest": pytest.__version__,
        "plugins": plugins,
        "inipath": str(config.inipath or ""),
        "importmode": config.getoption("importmode", ""),
        "asyncio_mode": str(
            config.getoption("asyncio_mode", None) or ini("asyncio_mode")
        ),
        "fixture_scope": ini("asyncio_default_fixture_loop_scope"),
        "test_scope": ini("asyncio_default_test_loop_scope"),
        "pythonpath": [str(path) for path in ini("pythonpath")],
        "timeout": config.getoption("timeout", None) or ini("timeout"),
        "strict": [
            *(name for name in STRICT if ini(name) or config.getoption(name, None)),
            *(STRICT if ini("strict") else ()),
            *([ERRORS] if "error" in ini("filterwarnings") else ()),
        ],
    }


# The code of the tests


class Note(NamedTuple):
    """Something to change, in a file or a setting."""

    where: str
    text: str


def sources(project: Project) -> Iterator[tuple[Path, str]]:
    """Yield the files of the tests."""
    for path in sorted({*TESTS.rglob("*.py"), *project.root.rglob("conftest.py")}):
        inside = path.relative_to(project.root).parts
        if not path.is_relative_to(GUARDS) and ENVIRONMENTS.isdisjoint(inside):
            yield path, path.read_text(encoding="utf-8", errors="replace")


def notes_of_code(project: Project, about: dict[str, Any]) -> Iterator[Note]:
    """Yield what the text of the tests shows."""
    scopes: dict[str, list[str]] = {}
    for kind in ("test", "fixture"):
        if scope := about.get(f"{kind}_scope"):
            scopes.setdefault(scope, []).append(f"asyncio_default_{kind}_loop_scope")
    for path, text in sources(project):
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
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


def notes_of_settings(suite: Suite, about: dict[str, Any]) -> Iterator[Note]:
    """Yield what the configuration and the installed plugins show."""
    plugins = about["plugins"]
    if not about["timeout"] and "pytest-timeout" in plugins:
        text = f"a hung test stops the run; the patch sets {suite.limit()} seconds"
        yield Note("no timeout", text)
    elif not about["timeout"]:
        text = "a hung test stops the run; the guard 'hangs' needs pytest-timeout"
        yield Note("no timeout", f"{text}:\n{how_to_add(suite.project.root)}")
    if "pytest-asyncio" in plugins and not about["fixture_scope"]:
        text = "is not set, which pytest-asyncio deprecates; set it to the scope of the tests"
        yield Note("asyncio_default_fixture_loop_scope", text)
    for plugin in sorted(plugins.keys() & CONFLICTS.keys()):
        yield Note(plugin, CONFLICTS[plugin])
    is_auto = about["asyncio_mode"].endswith("auto") and "pytest-asyncio" in plugins
    texts = (text for _, text in sources(suite.project))
    if is_auto and any(re.search(r"mark\.anyio|anyio_backend", text) for text in texts):
        text = "in auto mode pytest-asyncio takes AnyIO's tests: Trio's run on asyncio"
        yield Note("anyio", text)


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


# The patch


class Editor:
    """Changes to files that are only written down, as a patch with reasons."""

    def __init__(self, project: Project) -> None:
        self.project = project
        prefix = output_of("git", "rev-parse", "--show-prefix", cwd=project.root)
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
        name = self.prefix + path.relative_to(self.project.root).as_posix()
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

    def load(self) -> None:
        """Load the guards in a conftest.py."""
        path = self.project.conftest
        text, plugin = self.text(path), f'"{self.project.plugin}"'
        new = with_plugin(text, plugin)
        if new is None:
            where = self.project.name(path)
            self.by_hand.append(Note(where, f"add {plugin} to its pytest_plugins"))
        else:
            self.change(path, new, "Load the guards for all tests.")

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
        root = self.project.root
        given = about.get("inipath", "")
        path = Path(given) if given else configuration_without_pytest(root)
        if not path.is_relative_to(root):
            path = root / "pytest.ini"
        section = SECTIONS.get(path.name, "pytest")
        text = self.text(path)
        if path.name == "pyproject.toml" and re.search(
            r"^\[tool\.pytest\]", text, re.MULTILINE
        ):
            section = "tool.pytest"
        return path, section, path.suffix == ".toml"


def has_settings(text: str) -> bool:
    """Tell whether a pyproject.toml configures pytest."""
    import tomllib

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


def configuration_without_pytest(root: Path) -> Path:
    """Return the file that pytest would read, as its documentation says."""
    for name in CONFIGURATION:
        path, text = root / name, text_of(root / name)
        section = SECTIONS.get(name, "pytest")
        if path.exists() and (
            "pytest.ini" in name
            or "pytest.toml" in name
            or f"[{section}]" in text
            or (name == "pyproject.toml" and "[tool.pytest]" in text)
        ):
            return path
    pyproject = root / "pyproject.toml"
    return pyproject if pyproject.exists() else root / "pytest.ini"


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


def write_patch(suite: Suite, about: dict[str, Any]) -> Editor:
    """Write what the next step changes in files of the project."""
    project, editor = suite.project, Editor(suite.project)
    if suite.can_load and not is_loaded(project):
        editor.load()
        reason = "Let the guards report: no test fails because of them."
        editor.set("guards", "report", reason, about)
        is_elsewhere = project.conftest.parent != TESTS and project.base != project.root
        if about.get("importmode") == "importlib" or is_elsewhere:
            folder = project.base.relative_to(project.root).as_posix()
            if str(project.base) not in about.get("pythonpath", []):
                reason = "Let pytest find the guards, in every import mode."
                editor.set("pythonpath", [folder], reason, about)
    if "pytest-timeout" in about.get("plugins", {}) and not about.get("timeout"):
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


# The report


def report(suite: Suite) -> None:
    """Print what was found, what is proposed, and how to undo it all."""
    project, before, after = suite.project, suite.as_it_is, suite.guarded
    about = before.about if before else {}
    editor = write_patch(suite, about)
    where = project.name(GUARDS)
    if is_loaded(project):
        print(
            f"\nThe guards are in {where}, and {project.name(project.conftest)} loads them."
        )
    else:
        print(f"\nThe guards are in {where}. No file of yours has changed.")
    head("Your suite")
    if before and about:
        plugins = about["plugins"]
        shown = [f"{name} {plugins[name]}" for name in SHOWN if name in plugins]
        versions = [
            f"Python {'.'.join(map(str, about['python']))}",
            f"pytest {about['pytest']}",
        ]
        print(f"  {', '.join([*versions, *shown])}")
        print(f"  as it is:         {before}")
    if after:
        print(f"  with the guards:  {after}")
        compare(before, after)
    if suite.reason:
        print(f"  NOT RUN: {suite.reason}")
    if after:
        head("What the guards found, in report mode")
        print_findings(after.findings)
    notes = list(notes_of_code(project, about))
    if about:
        notes += notes_of_settings(suite, about)
    if notes:
        head("What the code and the settings show")
        print_notes(notes)
    if before and before.outcomes:
        head("Stricter settings, to turn on one by one")
        print_notes(list(stricter(before, suite.strict_ids)))
    if editor.by_hand:
        head("What the patch cannot do; change it by hand")
        print_notes(editor.by_hand)
    print_next(suite, editor)


SHOWN = ("pytest-asyncio", "anyio", "pytest-aiohttp", "pytest-timeout", "pytest-xdist")


def head(text: str) -> None:
    print(f"\n{text}\n")


def compare(before: Run | None, after: Run) -> None:
    """Print the tests whose outcome differs with the guards in report mode."""
    outcomes = before.outcomes if before else {}
    differ = [
        test
        for test in {**outcomes, **after.outcomes}
        if outcomes.get(test) != after.outcomes.get(test)
    ]
    if not differ:
        print("  Every test has the same result.")
    for test in differ:
        was, now = (each.get(test, "not run") for each in (outcomes, after.outcomes))
        print(f"  {test}: {was}, with the guards {now}")


def print_findings(findings: list[dict[str, str]]) -> None:
    """Print findings by kind, and the tests with the most."""
    if not findings:
        print("  nothing")
        return
    kinds = Counter((each["kind"], each["guard"]) for each in findings)
    for (kind, guard), count in kinds.most_common():
        print(f"{count:6}  {kind} ({guard})")
    tests: dict[str, list[dict[str, str]]] = {}
    for each in findings:
        tests.setdefault(each["nodeid"] or "(in no single test)", []).append(each)
    print("\n  The tests with the most:\n")
    for test in sorted(tests, key=lambda name: -len(tests[name]))[:WORST]:
        print(f"{len(tests[test]):6}  {test}")
        for text in dict.fromkeys(first_of(each["text"]) for each in tests[test]):
            print(f"        {text}")


def first_of(text: str) -> str:
    """Return the first line of a finding, and the next one if it goes on there."""
    first, *others = text.splitlines()
    return f"{first} {others[0]}" if first.endswith(",") and others else first


def print_notes(notes: list[Note]) -> None:
    for where, text in notes:
        print(f"  {where}")
        print(*(f"      {line}" for line in text.splitlines()), sep="\n")


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


def print_next(suite: Suite, editor: Editor) -> None:
    project = suite.project
    patch = project.name(PATCH)
    head("Next")
    if editor.patch:
        print(f"  git apply {patch}")
        for path in editor.texts:
            print(f"      changes {project.name(path)}")
        print(f"  then: delete {patch}, run pytest, commit")
    elif suite.can_load:
        print("  Fix what was found, name the files that are clean in guards_strict;")
        print('  in the end set guards = "error" and delete this file, adopt.py.')
    if not suite.can_load:
        script = project.name(GUARDS / "adopt.py")
        print(f"  The patch does not load the guards. Repeat this: python {script}")
    readme = project.name(GUARDS / "README.md")
    print(f"  {readme} describes what each guard detects, and all settings.")
    if not is_loaded(project):
        print("\nTo undo all of it, if your own work is committed:")
        if output_of("git", "rev-parse", "--git-dir", cwd=project.root):
            new = [GUARDS, *(path for path in editor.texts if not path.exists())]
            names = " ".join(project.name(path) for path in new)
            print(f"  git checkout . && git clean -fd {names}")
        else:
            print(f"  delete the folder {project.name(GUARDS)}")
    print()


def tell_of_updates(project: Project, link: str | None) -> None:
    """Say how the template updates the guards later."""
    guards = project.name(GUARDS)
    print("To update the guards later, and only them:")
    if link:  # cookiecutter remembers nothing, and cruft knows no abbreviations
        url = re.sub("^gh:", "https://github.com/", link)
        print(f"  cruft link --directory adopt --project-dir {guards} {url}  (once)")
    print(f"  cruft update -y --project-dir {guards}\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--record"]:
        sys.exit(record(sys.argv[2], sys.argv[3:]))
    sys.exit(main())
