"""Every module in `fixtures` is a plugin: what it defines is there for all tests."""

from pathlib import Path

pytest_plugins = [
    f"tests.fixtures.{module.stem}"
    for module in sorted((Path(__file__).parent / "fixtures").glob("[!_]*.py"))
]
