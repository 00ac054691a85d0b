"""Users from a remote API; every failure is one of three errors."""

import asyncio
import json
from http import HTTPStatus

import aiohttp

from .users import User, UserNotFoundError


class ApiUnavailableError(Exception):
    """The API is unreachable, too slow or faulty: try again later."""


class MalformedResponseError(Exception):
    """The API responded with something that is not a user."""


class UserApi:
    """Users from the API at `base_url`; each request has `timeout` seconds."""

    def __init__(
        self, client: aiohttp.ClientSession, base_url: str, *, timeout: float = 5.0
    ) -> None:
        self._client = client
        self._base_url = base_url.rstrip("/")
        self._timeout = timeout

    async def fetch(self, user_id: int) -> User:
        """Return the user with this id.

        Raises UserNotFoundError, ApiUnavailableError or MalformedResponseError.
        """
        request = self._client.get(f"{self._base_url}/users/{user_id}")
        try:
            async with asyncio.timeout(self._timeout), request as response:
                body = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ApiUnavailableError(f"no response: {error!r}") from error
        if response.status == HTTPStatus.NOT_FOUND:
            raise UserNotFoundError(user_id)
        if response.status != HTTPStatus.OK:
            raise ApiUnavailableError(f"responded with {response.status}")
        return _parse(body)


def _parse(body: bytes) -> User:
    try:
        fields = json.loads(body)
        return User(int(fields["id"]), str(fields["name"]), str(fields["email"]))
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedResponseError(f"not a user: {body[:100]!r}") from error
