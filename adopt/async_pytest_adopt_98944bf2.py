"""A Jinja extension: the guards come from the template beside, so that there is one copy of them.

cookiecutter looks for texts only in the folder of this template. The file is named by its
content, like the extension of the other template.
"""

from typing import Any

from jinja2 import Environment
from jinja2.ext import Extension

# From the folder that is rendered, which is the working directory then.
OTHER_TEMPLATE = "../../{{cookiecutter.project_slug}}"


class OtherTemplate(Extension):
    """Let `include` find the texts of the other template."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        kind = type(environment)
        environment.__class__ = type(kind.__name__, (BothTemplates, kind), {})


class BothTemplates(Environment):
    """An environment that adds the other template to the loader, which cookiecutter sets late."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "loader" and value:
            value.searchpath.append(OTHER_TEMPLATE)
        super().__setattr__(name, value)
