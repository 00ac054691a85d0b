"""Runs of the suite: as it is, and with the guards in report mode."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from .project import CannotRunError, Project, is_loaded

RECORDING = Path(__file__).with_name("recording.py")
OLDEST = {
    "Python": (3, 11),
    "pytest": (8, 2),
    "pytest-asyncio": (1, 1),
}  # for the guards
MOST = 10  # tests that differ, in the report
BAD = frozenset(["failed", "error"])
GOOD = frozenset(["passed", "xfailed", "xpassed"])


class CannotLoadError(CannotRunError):
    """The suite runs, but not with the guards."""


class Run:
    """What a run of the suite has recorded, so far or to its end."""

    def __init__(self) -> None:
        self.about: dict[str, Any] = {}
        self.output = ""
        self.outcomes: dict[str, str] = {}
        self.seconds: dict[str, float] = {}
        self.findings: list[dict[str, str]] = []
        self.warnings: list[dict[str, str]] = []
        self.broken: dict[str, str] = {}  # what cannot be collected, and why
        self.collected = 0
        self.started = self.problem = ""  # the last of each
        self.began = time.monotonic()  # the test `started`, or the run
        self.half_line = ""

    @property
    def passes(self) -> bool:
        return not GOOD.isdisjoint(self.outcomes.values())

    def read(self, file: TextIO) -> None:
        """Read what has been recorded since the last time."""
        *lines, self.half_line = (self.half_line + file.read()).split("\n")
        for line in lines:
            entry = json.loads(line)
            self.about |= entry.get("about", {})
            self.findings += entry.get("findings", [])
            self.warnings += entry.get("warnings", [])
            self.broken.update(entry.get("broken", {}))
            self.collected = entry.get("collected", self.collected)
            self.problem = entry.get("problem", "") or self.problem
            if "started" in entry:
                self.started, self.began = entry["started"], time.monotonic()
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
    again: Run | None = None  # of the tests that differ, as they are
    strict_ids: Run | None = None

    def __init__(self, project: Project, minutes: float) -> None:
        self.project, self.minutes = project, minutes
        self.about: dict[str, Any] = {}  # what pytest says; nothing if it does not run

    def run(self) -> None:
        """Run it as it is, then with the guards, and collect it with strict ids."""
        all_files = "--continue-on-collection-errors"
        off = ["--guards=off"] if is_loaded(self.project) else []
        self.as_it_is = before = self.record("Your suite as it is", all_files, *off)
        if not before.outcomes:
            tail = "\n".join(before.output.splitlines()[-15:])
            raise CannotRunError(f"pytest ran no test:\n\n{tail}\n")
        if not before.passes:
            last = f"; the last failure is\n{before.problem}" if before.problem else ""
            raise CannotRunError(f"with the guards, because no test passes{last}")
        if problem := too_old(self.about):
            raise CannotLoadError(problem)
        limit = [f"--timeout={self.limit()}"] if self.needs_limit else []
        loaded = [f"-p{name}" for name in self.loadable()]
        options = ("--guards=report", all_files, *limit)
        after = self.record("Your suite with the guards", *loaded, *options)
        if not after.outcomes:
            tail = "\n".join(after.output.splitlines()[-15:])
            raise CannotLoadError(f"pytest ran no test with the guards:\n\n{tail}\n")
        self.guarded = after
        if self.differ:
            with suppress(CannotRunError):
                self.again = self.record("Tests that differ", *off, *self.differ[:MOST])
        if numbers_of(self.about["pytest"]) >= (9,):
            strict = ("--collect-only", "-q", "-o", "strict_parametrization_ids=true")
            self.strict_ids = self.record("Your suite with strict ids", *strict)

    @property
    def differ(self) -> list[str]:
        """The tests whose outcome differs with the guards in report mode."""
        runs = (self.as_it_is or Run(), self.guarded or Run())
        before, after = (run.outcomes for run in runs)
        return [test for test in before | after if before.get(test) != after.get(test)]

    def loadable(self) -> list[str]:
        """Return the plugins whose requirements the project has, as far as is known."""
        plugins = self.project.plugins
        return plugins[:1] if self.about.get("missing") else plugins

    @property
    def needs_limit(self) -> bool:
        """Whether it has pytest-timeout, and no timeout."""
        has_plugin = "pytest-timeout" in self.about.get("plugins", {})
        return has_plugin and not self.about["timeout"]

    def limit(self) -> int:
        """Return a timeout in seconds that no test of the suite comes near."""
        slowest = max(self.as_it_is.seconds.values(), default=0) if self.as_it_is else 0
        return max(60, 60 * (1 + int(slowest / 10)))

    def record(self, what: str, *arguments: str) -> Run:
        """Run pytest in the project's Python: see `recording.record`."""
        run = Run()
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            notes, printed = Path(folder, "record"), Path(folder, "output")
            command = [
                *(self.python, str(RECORDING), str(notes), *map(str, self.project[:3])),
                *("-o", f"cache_dir={folder}/cache", "-p", "no:randomly", *arguments),
            ]
            with (
                printed.open("wb") as output,
                notes.open("w+", encoding="utf-8") as file,
            ):
                process = subprocess.Popen(
                    command,
                    cwd=self.project.root,
                    env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
                with ended(process), progress(what) as show:
                    reason = self.watch(process, run, file, show)
            self.about = self.about or run.about
            run.output = printed.read_text(encoding="utf-8", errors="replace")
        if reason:
            raise CannotRunError(f"{reason}; so far: {run}")
        return run

    def watch(
        self,
        process: subprocess.Popen[bytes],
        run: Run,
        file: TextIO,
        show: Callable[[Run], None],
    ) -> str:
        """Read what a run records until it ends, or return why it must not go on."""
        begin, limit = time.monotonic(), self.minutes * 60
        try:
            while process.poll() is None:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.2)
                run.read(file)
                show(run)
                seconds = time.monotonic() - begin
                if seconds > limit:
                    return (
                        f"it has not ended in {self.minutes:g} minutes (--minutes); the "
                        f"last test that began is {run.started or 'none'}"
                    )
                left = seconds / max(len(run.outcomes), 1) * run.collected
                if (
                    len(run.outcomes) >= 3
                    and not run.passes
                    and seconds > limit / 10
                    and left > limit
                ):
                    return (
                        f"no test passes, and all would take {left / 60:.0f} minutes; "
                        f"the last failure is\n{run.problem}"
                    )
        except KeyboardInterrupt:
            return "it was interrupted"
        run.read(file)
        return ""


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End a run that still goes on."""
    try:
        yield
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGINT)
            try:
                process.wait(10)
            except (subprocess.TimeoutExpired, KeyboardInterrupt):
                process.kill()
                process.wait()


@contextmanager
def progress(what: str) -> Iterator[Callable[[Run], None]]:
    """Give a function that shows how far a run is, in a line of the terminal."""
    is_terminal = sys.stderr.isatty()
    width = shutil.get_terminal_size().columns - 1

    def show(run: Run) -> None:
        if not is_terminal:
            return
        tests = f"{run} of {run.collected}" if run.collected else "collecting"
        seconds = int(time.monotonic() - run.began)
        now = run.started if run.passes or not run.problem else run.problem
        waits = f" ({seconds} s)" if seconds > 2 else ""
        line = f"{what}: {tests}{waits}  {now}"
        print(f"\r{line[:width]:{width}}", end="", file=sys.stderr, flush=True)

    if not is_terminal:
        print(f"{what} …", file=sys.stderr, flush=True)
    try:
        yield show
    finally:
        if is_terminal:
            print(f"\r{'':{width}}\r", end="", file=sys.stderr, flush=True)


def too_old(about: dict[str, Any]) -> str:
    """Say what is too old for the guards, as far as is known."""
    if not about:
        return ""
    has = {**about["plugins"], "pytest": about["pytest"]}
    has["Python"] = ".".join(map(str, about["python"]))
    for name, oldest in OLDEST.items():
        if name in has and numbers_of(has[name]) < oldest:
            wanted = ".".join(map(str, oldest))
            return f"the guards need {name} {wanted} or newer; this is {has[name]}"
    return ""


def numbers_of(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])
