"""Brings users of the remote API into the database, after the response."""

from http import HTTPStatus

from fastapi import APIRouter

from .api_client import Api
from .dependencies import DatabaseDep, JobsDep
from .import_routes import Import
from .importer import import_users
from .store import UserStore

router = APIRouter(prefix="/import-jobs", tags=["imports"])


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    responses={HTTPStatus.SERVICE_UNAVAILABLE: {"description": "The queue is full"}},
)
async def import_later(
    asked: Import, api: Api, database: DatabaseDep, jobs: JobsDep
) -> Import:
    """Import users in the background; a failure is logged."""

    async def job() -> None:
        async with database.begin() as {{ cookiecutter.__session }}:
            await import_users(api, UserStore({{ cookiecutter.__session }}), asked.user_ids)

    jobs.add(f"import {asked.user_ids}", job)
    return asked
