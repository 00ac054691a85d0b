"""A sandbox: to cookiecutter, a value on the command line is a Jinja template that may run code."""

from typing import Any

from jinja2 import Environment, Undefined
from jinja2.ext import Extension
from jinja2.sandbox import SandboxedEnvironment, modifies_known_mutable, safe_range


class Sandbox(Extension):
    """Put cookiecutter's own environment into Jinja's sandbox."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        bases = (AnswersEnvironment, type(environment))
        environment.__class__ = type(AnswersEnvironment.__name__, bases, {})
        environment.globals["range"] = safe_range


class AnswersEnvironment(SandboxedEnvironment):
    """The sandbox, with errors that cookiecutter reports beside the name of the prompt."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Forbid changes to the other answers as well: `_extensions` is one of them."""
        changes_answers = isinstance(obj, dict) and modifies_known_mutable(obj, attr)
        return not changes_answers and super().is_safe_attribute(obj, attr, value)

    def unsafe_undefined(self, obj: Any, attribute: str) -> Undefined:
        """Return what stands for a forbidden attribute."""
        return self.undefined(f"{attribute!r} is forbidden: a template here cannot run code")
