"""Plugins for all tests. To remove a guard, delete its line here and its file."""

from pathlib import Path

pytest_plugins = [
    "tests.guards.loop_scopes",  # what is made on one event loop is not used on another
    "tests.guards.hangs",  # an await that never ends is ended, and shown
    "tests.guards.leaks",  # what a test leaves behind fails that test
    "tests.guards.network",  # no test reaches another machine
{% if cookiecutter.anyio %}    "tests.guards.backends",  # a test of AnyIO runs on the backend in its name
    "tests.guards.hangs_of_anyio",  # ... and is ended when it hangs
{% endif %}    # Every module in `fixtures`: what it defines is there for all tests.
    *(
        f"tests.fixtures.{module.stem}"
        for module in sorted((Path(__file__).parent / "fixtures").glob("[!_]*.py"))
    ),
]
