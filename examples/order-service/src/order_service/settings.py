"""The settings of the web application, from environment variables of the same names."""

from pydantic import PositiveFloat, PositiveInt, ValidationError
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """What differs between the environments in which the application runs."""

    database_url: str
    api_url: str  # the remote API
    api_timeout: PositiveFloat = 5.0  # seconds
    redis_url: str
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
            else f"  {str(problem['loc'][0]).upper()}: {problem['msg']}"
            for problem in error.errors()
        ]
    lines = ["The application cannot start, see .env.example:", *problems]
    raise SystemExit("\n".join(lines))
