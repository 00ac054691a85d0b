"""Finds modules by their names, so that new ones need not be listed anywhere."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType


def import_modules(kind: str) -> list[ModuleType]:
    """Import the modules of this package that are named `kind` or `…_kind`."""
    return [
        import_module(f".{module.name}", __package__)
        for module in iter_modules([str(Path(__file__).parent)])
        if module.name.split("_")[-1] == kind
    ]
