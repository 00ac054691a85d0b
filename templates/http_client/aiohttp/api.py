"""Users from a remote API; every failure is one of three errors."""

import asyncio
import json
from http import HTTPStatus

import aiohttp

from .users import User, UserNotFoundError


{% include "http_client/errors.py" -%}
class UserApi:
    """The users of the API at `base_url`; gives each request `timeout` seconds."""

    def __init__(
        self, client: aiohttp.ClientSession, base_url: str, *, timeout: float = 5.0
    ) -> None:
        self._client = client
        self._base_url = base_url.rstrip("/")
        self._timeout = timeout

    async def fetch(self, user_id: int) -> User:
        """Return the user with this id.

        Raises UserNotFoundError, ApiUnavailableError or MalformedAnswerError.
        """
        request = self._client.get(f"{self._base_url}/users/{user_id}")
        try:
            async with asyncio.timeout(self._timeout), request as response:
                body = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ApiUnavailableError(f"no answer: {error!r}") from error
        if response.status == HTTPStatus.NOT_FOUND:
            raise UserNotFoundError(user_id)
        if response.status != HTTPStatus.OK:
            raise ApiUnavailableError(f"answered {response.status}")
        return _parse(body)
{% include "http_client/parse.py" -%}
