"""The users of the remote API."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path

from .api import ApiUnavailableError, MalformedResponseError
from .api_client import CachedUsers, open_cache
from .users import User, UserNotFoundError

router = APIRouter(
    prefix="/remote-users",
    tags=["remote users"],
    lifespan=open_cache,
)

RESPONSES: dict[type[Exception], HTTPException] = {
    UserNotFoundError: HTTPException(HTTPStatus.NOT_FOUND, "No user has this id."),
    ApiUnavailableError: HTTPException(
        HTTPStatus.SERVICE_UNAVAILABLE, "The remote API does not respond."
    ),
    MalformedResponseError: HTTPException(
        HTTPStatus.BAD_GATEWAY, "The remote API does not respond with a user."
    ),
}


@router.get(
    "/{user_id}",
    responses={
        HTTPStatus.NOT_FOUND: {"description": "No user has this id"},
        HTTPStatus.BAD_GATEWAY: {"description": "The API does not respond with a user"},
        HTTPStatus.SERVICE_UNAVAILABLE: {"description": "The API does not respond"},
    },
)
async def fetch_user(user_id: Annotated[int, Path(ge=1)], users: CachedUsers) -> User:
    """Return a user of the remote API, at most five minutes old."""
    return await users.get(user_id)
