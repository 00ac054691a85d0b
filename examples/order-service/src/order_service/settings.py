"""The settings of the web application, from environment variables of the same names."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, PositiveFloat, PositiveInt, ValidationError
from pydantic_settings import BaseSettings


def url_like(example: str, schemes: str) -> AfterValidator:
    """Accept URLs whose scheme matches a pattern and whose port, if any, is valid."""

    def check(value: str) -> str:
        try:
            url = urlsplit(value)
            if re.fullmatch(schemes, url.scheme) and url.port != 0:
                return value
        except ValueError:
            pass  # its message may show the password
        raise ValueError(f"Input should be a URL such as {example}")

    return AfterValidator(check)


DatabaseUrl = Annotated[
    str,
    url_like(
        "postgresql://user:password@host:5432/name",
        r"postgres(ql)?(\+\w+)?",
    ),
]
HttpUrl = Annotated[str, url_like("https://api.example.com", "https?")]
RedisUrl = Annotated[str, url_like("redis://host:6379/0", "rediss?|unix")]


class Settings(BaseSettings):
    """What differs between the environments in which the application runs."""

    database_url: DatabaseUrl
    api_url: HttpUrl  # the remote API
    api_timeout: PositiveFloat = 5.0  # seconds
    redis_url: RedisUrl
    redis_timeout: PositiveFloat = 1.0  # seconds
    redis_prefix: str = ""  # of every key
    ready_timeout: PositiveFloat = 2.0  # seconds
    job_limit: PositiveInt = 10  # jobs at once
    job_backlog: PositiveInt = 1000  # jobs that may wait
    job_grace: PositiveFloat = 5.0  # seconds for all jobs at shutdown


def read_settings() -> Settings:
    """Read the environment; SystemExit names every variable that is missing or wrong."""
    try:
        return Settings.model_validate({})
    except ValidationError as error:
        problems = [
            f"  {str(problem['loc'][0]).upper()} is missing"
            if problem["type"] == "missing"
            # Without the value, which may be secret.
            else f"  {str(problem['loc'][0]).upper()}: "
            f"{problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors()
        ]
    lines = ["The application cannot start, see .env.example:", *problems]
    raise SystemExit("\n".join(lines))
