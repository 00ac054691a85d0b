"""The users of the remote API, through one cache for all requests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, Request

from .api import UserApi
from .cache import UserCache, connect
from .settings import Settings


@asynccontextmanager
async def open_cache(settings: Settings, api: UserApi) -> AsyncIterator[UserCache]:
    """Open the cache in front of the API, and close it in the end."""
    async with connect(settings.redis_url) as redis:
        yield UserCache(redis, api.fetch, prefix=settings.redis_prefix)


async def get_cache(request: Request) -> UserCache:
    """Give a request the cache that all requests share."""
    cache: UserCache = request.app.state.cache
    return cache


CachedUsers = Annotated[UserCache, Depends(get_cache)]
