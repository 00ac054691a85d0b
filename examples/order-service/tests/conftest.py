"""Load the guards and the fixtures for all tests."""

import gc
from pathlib import Path

import pytest


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Load what `pytest_plugins` could only load for a run that starts in this project."""
    for plugin in ("guards", "scheduling.virtual_time", "scheduling.interleavings"):
        pluginmanager.import_plugin(f"tests.{plugin}")
    for module in sorted((Path(__file__).parent / "fixtures").glob("[!_]*.py")):
        pluginmanager.import_plugin(f"tests.fixtures.{module.stem}")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Spare Python the garbage collections at its exit: pytest has just done its own."""
    gc.freeze()
