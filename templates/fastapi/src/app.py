{% set store = cookiecutter.database != "none" -%}
{% set api = cookiecutter.http_client != "none" -%}
{% set cached = cookiecutter.__cached == "yes" -%}
{% set routes = ["chat_routes"] + ["fetch_routes"] * api + ["health_routes"]
    + ["import_routes"] * (api and store) + ["user_routes"] * store -%}
{% set imports = ["from .api_client import open_api"] * api
    + ["from .cached_users import open_cache"] * cached
    + ["from .chat import Chat"]
    + ["from .database import open_database"] * store
    + ["from .errors import ANSWERS, answer_error"] * (api or store)
    + ["from .settings import Settings"] -%}
{% set opened = ["open_database(settings.database_url) as app.state.database"] * store
    + ["open_api(settings.api_url, settings.api_timeout) as app.state.api"] * api
    + ["open_cache(settings, app.state.api) as app.state.cache"] * cached -%}
"""The web application: what it consists of, how it starts and how it stops."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from . import {{ routes | join(", ") }}
{{ imports | join("\n") }}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open what the requests share, and close it in the end."""
    settings: Settings = app.state.settings
    app.state.chat = Chat(settings.chat_backlog)
{%- if opened | length > 1 %}
    async with (
        {{ opened | join(",\n        ") }},
    ):
        yield
{%- elif opened %}
    async with {{ opened[0] }}:
        yield
{%- else %}
    yield
{%- endif %}


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the application; without settings it takes those of the environment."""
    app = FastAPI(title="{{ cookiecutter.project_slug }}", lifespan=lifespan)
    app.openapi_version = "3.2.0"  # the first that describes server-sent events
    app.state.settings = settings or Settings()
    for part in ({{ routes | join(", ") }}):
        app.include_router(part.router)
{%- if api or store %}
    for error in ANSWERS:
        app.add_exception_handler(error, answer_error)
{%- endif %}
    return app
