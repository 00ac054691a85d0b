{% set api = cookiecutter.http_client != "none" -%}
{% set fields = ["database_url: str"] * (cookiecutter.database != "none")
    + ["api_url: str", "api_timeout: PositiveFloat = 5.0  # seconds"] * api
    + ["redis_url: str", 'redis_prefix: str = ""  # of every key'] * (cookiecutter.__cached == "yes")
    + ["chat_backlog: PositiveInt = 100  # messages that a slow listener may be behind"] -%}
"""The settings of the web application, from environment variables of the same names."""

from pydantic import {{ (["PositiveFloat"] * api + ["PositiveInt"]) | join(", ") }}
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """What differs from one place to another where the application runs."""

    {{ fields | join("\n    ") }}
