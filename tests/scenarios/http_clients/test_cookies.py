import json

import pytest
from werkzeug import Response

USER = {"id": 1, "name": "Ada", "email": "ada@example.com"}


@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_cookies(make_api, api_server, time):
    cookies = []

    def respond(request):
        cookies.append(request.cookies.get("session"))
        return Response(json.dumps(USER), headers={"Set-Cookie": "session=7"})

    api_server.expect_request("/users/1").respond_with_handler(respond)
    api = make_api(f"http://localhost:{api_server.port}")  # aiohttp keeps none of an address
    await api.fetch(1)
    await api.fetch(1)
    assert cookies == [None, "7"]
