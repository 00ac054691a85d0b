import asyncio

import pytest

from ticker import Ticker


@pytest.fixture(scope="session")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture
def ticker():
    return Ticker()
