"""Dependencies of routes: the settings, and what the application has opened."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncSession

from .database import Database
from .http_client import HttpClient
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


async def get_database(request: HTTPConnection) -> Database:
    """Return the database, for work that outlives the request."""
    database: Database = request.app.state.database
    return database


DatabaseDep = Annotated[Database, Depends(get_database)]


async def get_session(
    database: DatabaseDep,
    _: JobsDep,
) -> AsyncIterator[AsyncSession]:
    """Yield a session in a transaction that ends before the response.

    The request's jobs begin when it is committed.
    """
    async with database.begin() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]


async def get_http_client(request: HTTPConnection) -> HttpClient:
    """Return the HTTP client that all requests share."""
    client: HttpClient = request.app.state.http_client
    return client


HttpClientDep = Annotated[HttpClient, Depends(get_http_client)]


async def get_redis(request: HTTPConnection) -> Redis:
    """Return the Redis client that all requests share."""
    redis: Redis = request.app.state.redis
    return redis


RedisDep = Annotated[Redis, Depends(get_redis)]
