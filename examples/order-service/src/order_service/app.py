"""The web application: what it consists of, how it starts and how it stops."""

import traceback
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Any, Literal

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exception_handlers import http_exception_handler
from pydantic import BaseModel

from .checks import CannotConnectError, check_database, check_redis
from .database import open_database
from .discovery import import_modules
from .http_client import open_http_client
from .jobs import TooManyJobsError, run_jobs
from .redis_client import connect
from .settings import Settings, read_settings

BUSY = HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "Too many jobs are waiting.")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open what requests share, and close it at shutdown."""
    settings: Settings = app.state.settings
    async with AsyncExitStack() as stack:
        database = open_database(settings.database_url)
        app.state.database = await stack.enter_async_context(database)
        client = open_http_client()
        app.state.http_client = await stack.enter_async_context(client)
        redis = connect(settings.redis_url, timeout=settings.redis_timeout)
        app.state.redis = await stack.enter_async_context(redis)
        # Opened last and closed first, because jobs use all of the others.
        jobs = run_jobs(settings.job_limit, settings.job_backlog, settings.job_grace)
        app.state.jobs = await stack.enter_async_context(jobs)
        yield


class CheckedStart:
    """ASGI middleware: the application starts only if its servers can be used."""

    def __init__(self, app: Any, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            settings = self._settings
            try:
                await check_database(settings.database_url)
                await check_redis(settings.redis_url, settings.redis_timeout)
            except Exception as error:  # noqa: BLE001 - it is reported
                is_clear = isinstance(error, CannotConnectError)
                text = str(error) if is_clear else traceback.format_exc()
                await send({"type": "lifespan.startup.failed", "message": text})
                return
        await self._app(scope, receive, send)


class Health(BaseModel):
    """The state of the application."""

    status: Literal["ok"] = "ok"


async def health() -> Health:
    """Respond as long as the event loop runs."""
    return Health()


async def respond(response: HTTPException, request: Request, _: Exception) -> Response:
    """Respond to an exception without revealing its details."""
    return await http_exception_handler(request, response)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Create the application, by default with the settings of the environment.

    It includes the `router` of each `…_routes` module, and its `RESPONSES` to errors.
    """
    app = FastAPI(title="order-service", lifespan=lifespan)
    app.openapi_version = "3.2.0"  # the first that describes server-sent events
    app.state.settings = settings or read_settings()
    app.add_middleware(CheckedStart, settings=app.state.settings)
    app.add_api_route("/health", health, tags=["health"])
    app.add_exception_handler(TooManyJobsError, partial(respond, BUSY))
    for module in import_modules("routes"):
        app.include_router(module.router)
        for error, response in getattr(module, "RESPONSES", {}).items():
            app.add_exception_handler(error, partial(respond, response))
    return app
