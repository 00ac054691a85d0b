"""The settings of the web application, from environment variables of the same names."""

from pydantic import PositiveFloat
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """What differs between the environments in which the application runs."""

    database_url: str
    api_url: str  # the remote API
    api_timeout: PositiveFloat = 5.0  # seconds
    redis_url: str
    redis_timeout: PositiveFloat = 1.0  # seconds
    redis_prefix: str = ""  # of every key
