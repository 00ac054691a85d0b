"""Whole processes, run in alternation, and their times."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

Key = TypeVar("Key")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Command:
    """What is run, where, and what is done before it, which is not timed."""

    arguments: Sequence[str | Path]
    cwd: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], object] = lambda: None

    def __call__(self) -> "Sample":
        """Run it; it must succeed."""
        return run(self)


@dataclass(frozen=True)
class Sample:
    """The milliseconds of one process and of all that it has waited for."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Figure:
    """Values of the same thing, one per round."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def __sub__(self, other: "Figure") -> "Figure":
        return Figure(tuple(a - b for a, b in zip(self.values, other.values, strict=True)))

    def __add__(self, other: "Figure") -> "Figure":
        return Figure(tuple(a + b for a, b in zip(self.values, other.values, strict=True)))

    def __truediv__(self, other: "Figure | float") -> "Figure":
        if isinstance(other, Figure):
            return Figure(tuple(a / b for a, b in zip(self.values, other.values, strict=True)))
        return Figure(tuple(value / other for value in self.values))


class FailedError(Exception):
    """A command has failed; the text is its output."""

    @property
    def reason(self) -> str:
        """The line that says why."""
        lines = str(self).splitlines()
        errors = [line.removeprefix("E").strip() for line in lines if line.startswith("E  ")]
        return (errors or lines)[-1]


@dataclass(frozen=True)
class Limits:
    """How long a section may run its commands, how often at most, how large its suites are."""

    seconds: float
    rounds: int
    size: float = 1.0

    def tests(self, tests: float) -> int:
        return max(4, round(tests * self.size))


def run(command: Command) -> Sample:
    """Run a command, which must succeed."""
    command.prepare()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command.arguments,
            cwd=command.cwd,
            env={**clean_environment(), **command.variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            raise FailedError(output.read())
    return Sample(wall * 1000, (usage.ru_utime + usage.ru_stime) * 1000)


def clean_environment() -> dict[str, str]:
    """Return the environment without what changes how pytest and Python run."""
    changing = ("PYTEST_", "PYTHON", "COV_", "TEST_DATABASE_URL", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if not name.startswith(changing)}


def by_turns(
    commands: Mapping[Key, Callable[[], Result]], seconds: float, rounds: int
) -> dict[Key, list[Result]]:
    """Call each once per round, as many rounds as the seconds allow, at least one."""
    results: dict[Key, list[Result]] = {key: [] for key in commands}
    began = time.monotonic()
    for number in range(1, rounds + 1):
        for key, command in commands.items():
            results[key].append(command())
        spent = time.monotonic() - began
        print(".", end="", file=sys.stderr, flush=True)
        if spent + spent / number > seconds:
            break
    print(file=sys.stderr)
    return results


@dataclass
class Part:
    """Commands that are compared with each other, and so are always run together."""

    commands: Mapping[tuple[str, str], Command]
    seconds: float  # of a round, as far as that can be known before the first one
    is_needed: bool = True
    samples: list[dict[tuple[str, str], Sample]] = field(default_factory=list)  # of the rounds
    spent: float = 0

    @property
    def rounds(self) -> int:
        return len(self.samples)

    def run(self) -> None:
        """Run one round."""
        began = time.monotonic()
        self.samples.append({key: command() for key, command in self.commands.items()})
        self.spent += time.monotonic() - began
        print(".", end="", file=sys.stderr, flush=True)


def in_order_of_need(parts: Sequence[Part], seconds: float, rounds: int, enough: int = 3) -> None:
    """Run what is needed once, then often enough; then the rest, as far as the time allows."""
    deadline = time.monotonic() + seconds

    def fits(part: Part) -> bool:
        done = [each for each in parts if each.rounds]
        pace = sum(each.spent for each in done) / sum(each.seconds * each.rounds for each in done)
        expected = part.spent / part.rounds if part.rounds else part.seconds * pace
        return time.monotonic() + expected <= deadline

    needed = [part for part in parts if part.is_needed]
    for part in needed:
        part.run()
    for group, until in ((needed, min(enough, rounds)), (parts, 1), (parts, rounds)):
        for number in range(until):
            for part in group:
                if part.rounds <= number and fits(part):
                    part.run()
    print(file=sys.stderr)


def wall(samples: list[Sample]) -> Figure:
    return Figure(tuple(sample.wall for sample in samples))


def cpu(samples: list[Sample]) -> Figure:
    return Figure(tuple(sample.cpu for sample in samples))
