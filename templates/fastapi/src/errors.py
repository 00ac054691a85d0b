{% set store = cookiecutter.database != "none" -%}
{% set api = cookiecutter.http_client != "none" -%}
{% set imports = ["from .api import ApiUnavailableError, MalformedAnswerError"] * api
    + ["from .store import UserExistsError"] * store
    + ["from .users import UserNotFoundError"] -%}
"""What a client hears of an error of ours."""

from http import HTTPStatus

from fastapi import HTTPException, Request, Response
from fastapi.exception_handlers import http_exception_handler

{{ imports | join("\n") }}

ANSWERS: dict[type[Exception], HTTPException] = {
    UserNotFoundError: HTTPException(HTTPStatus.NOT_FOUND, "No user has this id."),
{%- if store %}
    UserExistsError: HTTPException(
        HTTPStatus.CONFLICT, "A user with this id or email exists already."
    ),
{%- endif %}
{%- if api %}
    ApiUnavailableError: HTTPException(
        HTTPStatus.SERVICE_UNAVAILABLE, "The remote API does not answer."
    ),
    MalformedAnswerError: HTTPException(
        HTTPStatus.BAD_GATEWAY, "The remote API answers something else than a user."
    ),
{%- endif %}
}


async def answer_error(request: Request, error: Exception) -> Response:
    """Answer one of our errors, without telling what is inside."""
    return await http_exception_handler(request, ANSWERS[type(error)])
