"""Orders in the transaction of the test, and the prices of shipping."""

import pytest
from demo.http_client import HttpClient
from demo.order_store import OrderStore
from demo.shipping import ShippingApi
from MODULE import TYPE
from pytest_httpserver import HTTPServer


@pytest.fixture
def orders(SESSION: TYPE) -> OrderStore:
    """No orders yet."""
    return OrderStore(SESSION)


@pytest.fixture
def shipping(http_client: HttpClient, api_server: HTTPServer) -> ShippingApi:
    """The prices of shipping, through the client of all APIs."""
    return ShippingApi(http_client, api_server.url_for("/"))
