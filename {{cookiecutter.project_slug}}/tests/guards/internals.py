"""Every private attribute that the guards use of pytest, its plugins and asyncio.

When one is missing, the guard that needs it switches itself off with one warning that
names the attribute, and the suite runs.

| attribute                          | guard       | what it is for                     |
|------------------------------------|-------------|------------------------------------|
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from .findings import switch_off

P = ParamSpec("P")
T = TypeVar("T")


def needed_by(guard: str, without: T) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Switch a guard off when the function finds no such attribute; then return `without`."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return function(*args, **kwargs)
            except (AttributeError, ImportError) as error:
                switch_off(guard, str(error))
                return without

        return call

    return decorate
