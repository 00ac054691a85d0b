"""What a test can change about the HTTP client of httpx."""

import pytest

pytestmark = pytest.mark.asyncio
twice = pytest.mark.parametrize("time", ["first", "second"])


@twice
async def test_settings(http_client, time):
    assert http_client.event_hooks == {"request": [], "response": []}
    assert (http_client.auth, http_client.timeout.read, http_client.base_url) == (None, 5, "")
    assert not http_client.params
    http_client.event_hooks["request"].append(print)
    http_client.auth, http_client.timeout = ("Ada", "secret"), 1
    http_client.base_url, http_client.params = "http://elsewhere.test", {"key": "value"}


@twice
async def test_closed(http_client, api_server, time):
    api_server.expect_request("/").respond_with_data("one")
    assert (await http_client.get(api_server.url_for("/"))).text == "one"
    await http_client.aclose()


@twice
async def test_replaced_method(http_client, api_server, time):
    api_server.expect_request("/").respond_with_data("one")
    assert (await http_client.get(api_server.url_for("/"))).text == "one"
    http_client.get = None


async def test_cookies_of_the_pool_stay(http_pool, request):
    http_pool.cookies["own"] = "1"
    assert request.getfixturevalue("http_client").cookies["own"] == "1"
