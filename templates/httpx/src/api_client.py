"""The remote API, through one client with its pool of connections for all requests."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Annotated

import {{ cookiecutter.http_client }}
from fastapi import Depends, Request

from .api import UserApi


@cache
def certificates() -> ssl.SSLContext:
    """Load the certificates to trust once per process: it takes some 25 ms."""
    return ssl.create_default_context()


@asynccontextmanager
async def open_api(base_url: str, seconds: float) -> AsyncIterator[UserApi]:
    """Open a client that gives each request so many seconds, and close it in the end."""
    async with {{ cookiecutter.http_client }}.AsyncClient(verify=certificates()) as client:
        yield UserApi(client, base_url, timeout=seconds)


async def get_api(request: Request) -> UserApi:
    """Give a request the API through the client that all share."""
    api: UserApi = request.app.state.api
    return api


Api = Annotated[UserApi, Depends(get_api)]
