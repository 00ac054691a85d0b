"""Runs of the suite: as it is, and with the guards in report mode."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from .project import CannotRunError, Project, is_loaded

RECORDING = Path(__file__).with_name("recording.py")
OLDEST = {
    "Python": (3, 11),
    "pytest": (8, 2),
    "pytest-asyncio": (1, 1),
}  # for the guards
BAD = frozenset(["failed", "error"])


class CannotLoadError(CannotRunError):
    """The suite runs, but not with the guards."""


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
        loaded = [f"-p{name}" for name in self.loadable()]
        after = self.record(*loaded, "--guards=report", all_files, *limit)
        if not after.outcomes:
            tail = "\n".join(after.output.splitlines()[-15:])
            raise CannotLoadError(f"pytest ran no test with the guards:\n\n{tail}\n")
        self.guarded = after
        if numbers_of(about["pytest"]) >= (9,):
            strict = ("--collect-only", "-q", "-o", "strict_parametrization_ids=true")
            self.strict_ids = self.record(*strict)

    def loadable(self) -> list[str]:
        """Return the plugins whose requirements the project has, as far as is known."""
        about = self.as_it_is.about if self.as_it_is else {}
        plugins = self.project.plugins
        return plugins[:1] if about.get("missing") else plugins

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
                *(str(each) for each in (RECORDING, notes, *self.project)),
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
