{% set cached = cookiecutter.__cached == "yes" -%}
"""The users of the remote API."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path

from .{{ "cached_users import CachedUsers" if cached else "api_client import Api" }}
from .users import User

router = APIRouter(prefix="/remote-users", tags=["remote users"])


@router.get(
    "/{user_id}",
    responses={
        HTTPStatus.NOT_FOUND: {"description": "No user has this id"},
        HTTPStatus.BAD_GATEWAY: {"description": "The API answers no user"},
        HTTPStatus.SERVICE_UNAVAILABLE: {"description": "The API does not answer"},
    },
)
async def fetch_user(user_id: Annotated[int, Path(ge=1)], {{ "users: CachedUsers" if cached else "api: Api" }}) -> User:
    """Return a user of the remote API{{ ", at most five minutes old" if cached else "" }}."""
    return await {{ "users.get" if cached else "api.fetch" }}(user_id)
