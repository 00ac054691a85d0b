import pytest
from CLIENT import Response

USER = {"id": 1, "name": "Ada", "email": "ada@example.com"}


@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_cookies_in_process(in_process_api, in_process_client, in_process_responses, time):
    assert not in_process_client.cookies
    in_process_responses["/users/1"] = Response(200, json=USER, headers={"Set-Cookie": "session=7"})
    await in_process_api.fetch(1)
    assert in_process_client.cookies
