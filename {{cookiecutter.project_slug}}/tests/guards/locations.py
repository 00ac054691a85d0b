"""Locations: the line of this project that made, called or awaits something."""

import asyncio
import gc
import inspect
import os
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import (
    AsyncGeneratorType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    ModuleType,
    TracebackType,
)
from typing import Any

import pytest

HERE = Path(__file__).parent
GUARDS = str(HERE) + os.sep
MARKS = ("pyproject.toml", "setup.cfg", "setup.py", ".git")  # of a project's folder
ROOTS = (
    folder for folder in HERE.parents if any((folder / mark).exists() for mark in MARKS)
)
PROJECT = str(next(ROOTS, HERE.parents[1])) + os.sep
NOT_HELD = (ModuleType, type, FrameType, TracebackType, asyncio.AbstractEventLoop)


def location(file: str, line: int, name: str) -> str | None:
    """Return a line of this project as `file:line in function`, None for others."""
    inside = file.removeprefix(PROJECT)
    if inside == file or file.startswith(GUARDS):
        return None
    path = Path(inside)
    if "site-packages" in path.parts:
        return None
    where = f"{path.as_posix()}:{line}"
    return f"{where} in {name}" if name else where


def location_of_caller() -> str | None:
    """Return the line of this project that is at work."""
    found, frame = None, inspect.currentframe()
    while frame and not found:
        code = frame.f_code
        found = location(code.co_filename, frame.f_lineno, code.co_name)
        frame = frame.f_back
    return found


def location_of_task(task: asyncio.Task[Any]) -> str | None:
    """Return the line of this project that made a task."""
    code = task.get_coro()
    origin = code.cr_origin if isinstance(code, CoroutineType) else None
    return location(*origin[0]) if origin else None


def stack_of(task: asyncio.Task[Any]) -> str:
    """Show the lines at which a task waits, as in a traceback."""
    frames = [(frame, frame.f_lineno) for frame in frames_of(task.get_coro())]
    return "".join(traceback.StackSummary.extract(iter(frames)).format())


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


def belongs_to_fixture(thing: object, item: pytest.Function) -> bool:
    """Tell whether a fixture that outlives the test holds something."""
    held: list[Any] = [
        (fixture.cached_result, fixture._finalizers)
        for fixture in item._request._fixture_defs.values()
        if fixture.cached_result
    ]
    seen: set[int] = set()
    while held:
        part = held.pop()
        if part is thing:
            return True
        of_pytest = str(type(part).__module__).startswith("_pytest")
        if id(part) not in seen and not of_pytest and not isinstance(part, NOT_HELD):
            seen.add(id(part))
            is_function = isinstance(part, FunctionType)
            held += part.__closure__ or () if is_function else gc.get_referents(part)
    return False
