"""Stacks in reports: the project's own lines, each with its code, libraries in one line."""

import linecache
import traceback
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import PurePath
from types import FrameType
from typing import NamedTuple

import _pytest
import pluggy

from .locations import GUARDS, frames_of, is_hidden, location

PYTHON = PurePath(linecache.__file__).parent
# What calls tests and fixtures.
PYTEST = tuple(module.__path__[0] for module in (pluggy, _pytest))
RUNNERS = (GUARDS, *PYTEST)


class Line(NamedTuple):
    """A line that runs or waits."""

    file: str
    number: int
    function: str
    is_hidden: bool = False

    @property
    def place(self) -> str | None:
        """The line as `file:number in function`, None outside of the project."""
        if self.is_hidden:
            return None
        return location(self.file, self.number, self.function)

    @property
    def code(self) -> str:
        return linecache.getline(self.file, self.number).strip()

    @property
    def library(self) -> str:
        """The name of the project, package or module of the file."""
        path = PurePath(self.file).with_suffix("")
        if "site-packages" in path.parts:
            return path.parts[path.parts.index("site-packages") + 1]
        of_python = path.is_relative_to(PYTHON)
        return path.relative_to(PYTHON).parts[0] if of_python else path.name


def awaited_lines(awaited: object) -> Iterator[Line]:
    """Yield the lines at which a suspended coroutine and all that it awaits wait."""
    return map(line_of, frames_of(awaited))


def running_lines(
    frame: FrameType | None, until: tuple[str, ...] = RUNNERS
) -> list[Line]:
    """Return the lines of a frame and of its callers up to pytest, outermost first."""
    while frame and frame.f_code.co_filename.startswith(GUARDS):
        frame = frame.f_back
    lines: list[Line] = []
    while frame and not frame.f_code.co_filename.startswith(until):
        lines.append(line_of(frame))
        frame = frame.f_back
    return lines[::-1]


def place_of_error(error: BaseException) -> str:
    """Return the last line of this project in a traceback, else the library's function."""
    frames = traceback.walk_tb(error.__traceback__)
    lines = [line_of(frame, number) for frame, number in frames]
    for line in own(lines)[-1:]:
        return f"at {line.place}"
    return f"in {lines[-1].function} in {lines[-1].library}"


def line_of(frame: FrameType, number: int = 0) -> Line:
    code = frame.f_code
    number = number or frame.f_lineno
    return Line(code.co_filename, number, code.co_qualname, is_hidden(frame))


def own(lines: Iterable[Line]) -> list[Line]:
    """Return the lines of the project."""
    return [line for line in lines if line.place]


def stack(lines: Iterable[Line]) -> str:
    """Show lines as a stack, outermost first; each library on the way takes one line."""
    shown: list[str] = []
    lines = [line for line in lines if not line.file.startswith(GUARDS)]
    for library, group in groupby(lines, lambda line: line.place or line.library):
        *others, line = group
        if line.place:
            shown.append(f"  {line.place}\n    {line.code}")
        else:
            lines_more = f", {len(others) + 1} lines" if others else ""
            shown.append(f"  [{line.function} in {library}{lines_more}]")
    return "\n".join(shown)
