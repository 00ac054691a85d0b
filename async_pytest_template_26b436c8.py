"""A Jinja extension: answers cannot run code, and no project is made outside its folder.

cookiecutter renders the answers and makes the folder of the project before a hook can refuse
them. Its file is named by its content, see `tests/test_extension.py`.
"""

import re
import sys
from typing import Any

from jinja2 import Environment, Undefined
from jinja2.ext import Extension
from jinja2.sandbox import SandboxedEnvironment, modifies_known_mutable, safe_range


class Answers(Extension):
    """Put cookiecutter's own environment into Jinja's sandbox, and add the filter `folder_name`."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        bases = (AnswersEnvironment, type(environment))
        environment.__class__ = type(AnswersEnvironment.__name__, bases, {})
        environment.globals["range"] = safe_range
        environment.filters["folder_name"] = folder_name


class AnswersEnvironment(SandboxedEnvironment):
    """The sandbox, with errors that cookiecutter reports beside the name of the prompt."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Forbid changes to the other answers as well: `_extensions` is one of them."""
        changes_answers = isinstance(obj, dict) and modifies_known_mutable(obj, attr)
        return not changes_answers and super().is_safe_attribute(obj, attr, value)

    def unsafe_undefined(self, obj: Any, attribute: str) -> Undefined:
        """Return what stands for a forbidden attribute."""
        return self.undefined(f"{attribute!r} is forbidden: a template here cannot run code")


def folder_name(slug: Any) -> Any:
    """Return a slug that names a folder; for a path, print the problem and exit.

    Any other slug is left to the hook, which reports all problems at once.
    """
    if re.search(r"[/\\:\0]", str(slug)) or not str(slug).strip(". "):
        shown = repr(slug) if len(repr(slug)) <= 60 else f"{repr(slug)[:57]}..."
        sys.exit(
            "\nNo project was made:\n\n"
            f"  project_slug: {shown} is not the name of a folder; "
            "use lower-case letters and digits, joined by single hyphens, such as my-project.\n"
        )
    return slug
