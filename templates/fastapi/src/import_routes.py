"""Brings users of the remote API into the database."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from .api_client import Api
from .dependencies import {{ cookiecutter.__session | capitalize }}Dep
from .importer import import_users
from .store import UserStore

UserId = Annotated[int, Field(ge=1)]


class Import(BaseModel):
    """The users to import."""

    user_ids: list[UserId] = Field(min_length=1, max_length=100)


class Imported(BaseModel):
    """How many users were stored."""

    count: int


router = APIRouter(prefix="/imports", tags=["imports"])


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    responses={
        HTTPStatus.NOT_FOUND: {"description": "The API does not know one of the users"},
        HTTPStatus.CONFLICT: {"description": "One of the users exists already"},
        HTTPStatus.BAD_GATEWAY: {"description": "The API does not respond with a user"},
        HTTPStatus.SERVICE_UNAVAILABLE: {"description": "The API does not respond"},
    },
)
async def import_all(asked: Import, api: Api, {{ cookiecutter.__session }}: {{ cookiecutter.__session | capitalize }}Dep) -> Imported:
    """Fetch the users and store all of them or none."""
    try:
        count = await import_users(api, UserStore({{ cookiecutter.__session }}), asked.user_ids)
    except ExceptionGroup as group:  # report the first fetch that failed
        raise group.exceptions[0] from group
    return Imported(count=count)
