"""A Jinja extension: the guards come from the template beside, so that there is one copy of them.

cookiecutter looks for texts only in the folder of this template. The file is named by its
content, like the extension of the other template.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from jinja2 import Environment
from jinja2.ext import Extension

TEMPLATE = Path(__file__).resolve().parent


class OtherTemplate(Extension):
    """Let `include` find the texts of the other template, if there is a folder to adopt them."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        if Path.cwd() != TEMPLATE:  # before the questions, where the user is
            check_output_dir()
        kind = type(environment)
        environment.__class__ = type(kind.__name__, (BothTemplates, kind), {})


class BothTemplates(Environment):
    """An environment that adds the other template to the loader, which cookiecutter sets late."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "loader" and value:
            for folder in ("{{cookiecutter.project_slug}}", "templates"):
                value.searchpath.append(str(TEMPLATE.parent / folder))
        super().__setattr__(name, value)


def check_output_dir() -> None:
    """Refuse a folder that does not exist, which cookiecutter would make and leave behind."""
    options = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    options.add_argument("-o", "--output-dir", type=Path, default=Path())
    folder = options.parse_known_args()[0].output_dir
    if not folder.is_dir():
        sys.exit(
            f"\nNothing was made:\n\n  There is no folder {folder}. "
            "Name that of your tests: --output-dir tests\n"
        )
