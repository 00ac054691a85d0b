"""One request that is answered without a socket: the template's fixtures."""

import httpx2
from demo.api import UserApi
from demo.users import User

ADA = {"id": 1, "name": "Ada", "email": "ada@example.com"}


async def test_fetch(
    in_process_api: UserApi, in_process_responses: dict[str, httpx2.Response]
) -> None:
    in_process_responses["/users/1"] = httpx2.Response(200, json=ADA)
    assert await in_process_api.fetch(1) == User(**ADA)
