"""The users in the database."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path
from pydantic import BaseModel, Field

from .dependencies import {{ cookiecutter.__session | capitalize }}Dep
from .store import UserExistsError, UserStore
from .users import User, UserNotFoundError

MAX_ID = 2**31 - 1  # the largest integer of the database

Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
UserId = Annotated[int, Path(ge=1, le=MAX_ID)]


class NewUser(BaseModel):
    """A user to be stored."""

    id: int = Field(ge=1, le=MAX_ID)
    name: Text
    email: Text


router = APIRouter(prefix="/users", tags=["users"])

RESPONSES: dict[type[Exception], HTTPException] = {
    UserNotFoundError: HTTPException(HTTPStatus.NOT_FOUND, "No user has this id."),
    UserExistsError: HTTPException(
        HTTPStatus.CONFLICT, "A user with this id or email exists already."
    ),
}


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    responses={HTTPStatus.CONFLICT: {"description": "The id or email is taken"}},
)
async def add_user(new: NewUser, {{ cookiecutter.__session }}: {{ cookiecutter.__session | capitalize }}Dep) -> User:
    """Store a user."""
    user = User(new.id, new.name, new.email)
    await UserStore({{ cookiecutter.__session }}).add(user)
    return user


@router.get(
    "/{user_id}",
    responses={HTTPStatus.NOT_FOUND: {"description": "No user has this id"}},
)
async def get_user(user_id: UserId, {{ cookiecutter.__session }}: {{ cookiecutter.__session | capitalize }}Dep) -> User:
    """Return a stored user."""
    return await UserStore({{ cookiecutter.__session }}).get(user_id)
