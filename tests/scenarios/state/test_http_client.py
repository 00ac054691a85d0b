"""What a test can change about the HTTP client."""

import pytest
from werkzeug import Response

pytestmark = pytest.mark.asyncio
twice = pytest.mark.parametrize("time", ["first", "second"])


@twice
async def test_headers(http_client, api_server, time):
    def respond(request):
        assert "X-Mine" not in request.headers
        assert "Authorization" not in request.headers
        return Response(headers={"X-Seen": "yes"})  # without a body that must be read

    api_server.expect_request("/").respond_with_handler(respond)
    response = await http_client.get(api_server.url_for("/"))
    assert response.headers["X-Seen"] == "yes"
    http_client.headers.update({"X-Mine": "1", "Authorization": "Bearer token"})


async def test_headers_of_the_pool_stay(http_pool, request):
    http_pool.headers["X-Own"] = "1"
    assert request.getfixturevalue("http_client").headers["X-Own"] == "1"
