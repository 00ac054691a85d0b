{% set database = cookiecutter.database != "none" -%}
{% set client = cookiecutter.http_client != "none" -%}
{% set session = cookiecutter.__session -%}
{% set given = "AsyncSession" if session == "session" else "Connection" -%}
"""Dependencies of routes: the settings, and what the application has opened."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection
{% if cookiecutter.redis -%}
from redis.asyncio import Redis
{% endif -%}
{% if cookiecutter.__store == "sqlalchemy" -%}
from sqlalchemy.ext.asyncio import AsyncSession

from .database import Database
{% elif database %}
from .database import Connection, Database
{% else %}
{% endif -%}
{% if client -%}
from .http_client import HttpClient
{% endif -%}
from .jobs import HeldJobs, Jobs
from .settings import Settings


async def get_settings(request: HTTPConnection) -> Settings:
    """Return the settings of the application."""
    settings: Settings = request.app.state.settings
    return settings


SettingsDep = Annotated[Settings, Depends(get_settings)]


async def get_jobs(request: HTTPConnection) -> AsyncIterator[HeldJobs]:
    """Yield the request's background jobs, which begin after its transaction."""
    jobs: Jobs = request.app.state.jobs
    with jobs.held() as held:
        yield held


JobsDep = Annotated[HeldJobs, Depends(get_jobs, scope="function")]
{% if database %}

async def get_database(request: HTTPConnection) -> Database:
    """Return the database, for work that outlives the request."""
    database: Database = request.app.state.database
    return database


DatabaseDep = Annotated[Database, Depends(get_database)]


async def get_{{ session }}(
    database: DatabaseDep,
    _: JobsDep,
) -> AsyncIterator[{{ given }}]:
    """Yield a {{ session }} in a transaction that ends before the response.

    The request's jobs begin when it is committed.
    """
    async with database.begin() as {{ session }}:
        yield {{ session }}


{{ session | capitalize }}Dep = Annotated[{{ given }}, Depends(get_{{ session }}, scope="function")]
{% endif -%}
{% if client %}

async def get_http_client(request: HTTPConnection) -> HttpClient:
    """Return the HTTP client that all requests share."""
    client: HttpClient = request.app.state.http_client
    return client


HttpClientDep = Annotated[HttpClient, Depends(get_http_client)]
{% endif -%}
{% if cookiecutter.redis %}

async def get_redis(request: HTTPConnection) -> Redis:
    """Return the Redis client that all requests share."""
    redis: Redis = request.app.state.redis
    return redis


RedisDep = Annotated[Redis, Depends(get_redis)]
{% endif -%}
