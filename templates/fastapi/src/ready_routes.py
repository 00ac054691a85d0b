{% set database = cookiecutter.database != "none" -%}
{% set redis = cookiecutter.redis -%}
{% set is_sqlalchemy = cookiecutter.__store == "sqlalchemy" -%}
"""Readiness: whether what the application needs responds in time."""

import asyncio
import logging
from collections.abc import Awaitable
from http import HTTPStatus

from fastapi import APIRouter, FastAPI, Request, Response
from pydantic import BaseModel
{% if is_sqlalchemy -%}
from sqlalchemy import text
{% endif %}
logger = logging.getLogger(__name__)


class Readiness(BaseModel):
    """What the application needs, and whether it responds."""

    checks: dict[str, bool]


router = APIRouter(tags=["health"])


@router.get(
    "/ready",
    responses={
        HTTPStatus.SERVICE_UNAVAILABLE: {
            "model": Readiness,
            "description": "Something does not respond",
        }
    },
)
async def ready(request: Request, response: Response) -> Readiness:
    """Say within a deadline whether the application can serve requests."""
    app: FastAPI = request.app
    checks = {
{%- if database %}
        "database": ask_database(app),
{%- endif %}
{%- if redis %}
        "redis": ask_redis(app),
{%- endif %}
    }
    deadline = app.state.settings.ready_timeout
    answers = await asyncio.gather(
        *(responds_in_time(name, check, deadline) for name, check in checks.items())
    )
    if not all(answers):
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return Readiness(checks=dict(zip(checks, answers, strict=True)))


async def responds_in_time(name: str, check: Awaitable[None], deadline: float) -> bool:
    """Return whether a check succeeds; the reason of a failure is only logged."""
    try:
        async with asyncio.timeout(deadline):
            await check
    except Exception as error:  # noqa: BLE001 - any error means not ready
        logger.warning("Not ready, %s does not respond: %r", name, error)
        return False
    return True
{% if database %}

async def ask_database(app: FastAPI) -> None:
    """Begin and end a transaction."""
{%- if is_sqlalchemy %}
    async with app.state.database.begin() as session:
        await session.execute(text("SELECT 1"))
{%- else %}
    async with app.state.database.begin():
        pass
{%- endif %}
{% endif -%}
{% if redis %}

async def ask_redis(app: FastAPI) -> None:
    """Send a PING."""
    await app.state.redis.ping()
{% endif -%}
