"""Locations: the line of this project that made, called or awaits something."""

import asyncio
import gc
import inspect
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import AsyncGeneratorType, CoroutineType, FrameType, GeneratorType
from typing import Any

import pytest

GUARDS = str(Path(__file__).parent) + os.sep
ENVIRONMENT = sys.prefix + os.sep  # its scripts lie in the project, if `.venv` does
PYTEST = frozenset(map(inspect.getfile, (pytest.Function, pytest.FixtureDef)))
project = str(Path(__file__).parents[2]) + os.sep


def pytest_configure(config: pytest.Config) -> None:
    global project
    project = str(config.rootpath) + os.sep
    path_in_project.cache_clear()


def location(file: str, line: int, name: str) -> str | None:
    """Return a line of this project as `file:line in function`, None for others."""
    path = path_in_project(file)
    if path is None:
        return None
    where = f"{path}:{line}"
    return f"{where} in {name}" if name else where


@cache
def path_in_project(file: str) -> str | None:
    """Return the path of a file from the project's folder, None for others."""
    inside = file.removeprefix(project)
    if inside == file or file.startswith(GUARDS):
        return None
    path = Path(inside)
    is_installed = ENVIRONMENT.startswith(project) and file.startswith(ENVIRONMENT)
    if is_installed or "site-packages" in path.parts:
        return None
    return path.as_posix()


def name_of(name: str, function: Any) -> str:
    """Return a name with the line of its function."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    code = code or getattr(function, "ag_code", None)
    line = location(code.co_filename, code.co_firstlineno, "") if code else None
    return f"'{name}' ({line or 'of a library'})"


def location_of_caller() -> str | None:
    """Return the line of this project that is at work, and by whom it was called."""
    first = last = None
    for frame in callers(inspect.currentframe()):
        file = frame.f_code.co_filename
        if path_in_project(file):
            if not is_hidden(frame):
                first, last = first or frame, frame
        elif first and file in PYTEST:
            break  # has called the test or the fixture
    if first is None or last is None:
        return None
    where = location_in(first)
    is_in_one_file = first.f_code.co_filename == last.f_code.co_filename
    return where if is_in_one_file else f"{where}, called at {location_in(last)}"


def is_hidden(frame: FrameType) -> bool:
    """Tell whether the module asks to be left out of tracebacks."""
    return "__tracebackhide__" in frame.f_globals


def location_in(frame: FrameType) -> str | None:
    code = frame.f_code
    name = code.co_qualname.rpartition("<locals>.")[2]
    return location(code.co_filename, frame.f_lineno, name)


def callers(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield the frames of a call, then those of the greenlets that it runs in."""
    while frame:
        yield frame
        frame = frame.f_back
    if greenlet := sys.modules.get("greenlet"):
        parent = greenlet.getcurrent().parent
        while parent:
            yield from chain_of(parent.gr_frame)
            parent = parent.parent


def chain_of(frame: FrameType | None) -> Iterator[FrameType]:
    while frame:
        yield frame
        frame = frame.f_back


def location_of_task(task: asyncio.Task[Any]) -> str | None:
    """Return the line of this project that made a task."""
    code = task.get_coro()
    return location_of_origin(code) if isinstance(code, CoroutineType) else None


def location_of_current_task() -> str | None:
    """Return the line of this project that made the task that runs now."""
    with suppress(RuntimeError):
        if task := asyncio.current_task():
            return location_of_task(task)
    return None


def location_of_origin(coroutine: Any) -> str | None:
    """Return the line of this project that made a coroutine, or called its maker."""
    places = (location(*line) for line in coroutine.cr_origin or ())
    return next(filter(None, places), None)


def coroutine_of(task: asyncio.Task[Any]) -> str:
    """Return the name of the coroutine that a task runs."""
    code: Any = task.get_coro()
    is_coroutine = type(code) is CoroutineType
    return str(code.__qualname__ if is_coroutine else type(code).__name__)


def frames_of(awaited: object) -> Iterator[FrameType]:
    """Yield the frames of a coroutine and of all that it awaits."""
    while awaited is not None:
        frame: FrameType | None = None
        if isinstance(awaited, CoroutineType):
            frame, awaited = awaited.cr_frame, awaited.cr_await
        elif isinstance(awaited, AsyncGeneratorType):
            frame, awaited = awaited.ag_frame, awaited.ag_await
        elif isinstance(awaited, GeneratorType):
            frame, awaited = awaited.gi_frame, awaited.gi_yieldfrom
        else:  # a step of an async generator does not tell which one, but refers to it
            generators = filter(inspect.isasyncgen, gc.get_referents(awaited))
            awaited = next(generators, None)
        if frame and "pytest_asyncio" not in frame.f_code.co_filename:
            yield frame
