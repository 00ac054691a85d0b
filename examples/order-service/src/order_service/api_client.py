"""The users of the remote API, for routes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from .api import UserApi
from .cache import UserCache
from .dependencies import HttpClientDep, SettingsDep
from .settings import Settings


async def get_api(client: HttpClientDep, settings: SettingsDep) -> UserApi:
    """Return the API, through the client that all requests share."""
    return UserApi(client, settings.api_url, timeout=settings.api_timeout)


Api = Annotated[UserApi, Depends(get_api)]


@asynccontextmanager
async def open_cache(app: FastAPI) -> AsyncIterator[None]:
    """Put one cache in front of the API, for all requests."""
    settings: Settings = app.state.settings
    api = await get_api(app.state.http_client, settings)
    prefix = settings.redis_prefix
    app.state.cache = UserCache(app.state.redis, api.fetch, prefix=prefix)
    yield


async def get_cache(request: Request) -> UserCache:
    """Return the cache that all requests share."""
    cache: UserCache = request.app.state.cache
    return cache


CachedUsers = Annotated[UserCache, Depends(get_cache)]
