{% set database = cookiecutter.database != "none" -%}
{% set client = cookiecutter.http_client != "none" -%}
{% set redis = cookiecutter.redis -%}
{% set fields = database or client or redis -%}
"""The settings of the web application, from environment variables of the same names."""

{% if client or redis -%}
from pydantic import PositiveFloat
{% endif -%}
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """What differs between the environments in which the application runs."""{{ "\n" if fields else "" }}
{%- if database %}
    database_url: str
{%- endif %}
{%- if client %}
    api_url: str  # the remote API
    api_timeout: PositiveFloat = 5.0  # seconds
{%- endif %}
{%- if redis %}
    redis_url: str
    redis_timeout: PositiveFloat = 1.0  # seconds
    redis_prefix: str = ""  # of every key
{%- endif %}
