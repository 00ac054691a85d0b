import asyncio

import pytest
import pytest_asyncio
import uvloop

made = []


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def data():
    made.append(type(asyncio.get_running_loop()).__module__)
    return len(made)


@pytest_asyncio.fixture(scope="function", loop_scope="function")
async def loop():
    return asyncio.get_running_loop()


@pytest.mark.asyncio
@pytest.mark.parametrize("time", [1, 2, 3])
async def test_async(data, loop, time):
    assert asyncio.get_running_loop() is loop


def test_sync(data, loop, request):
    assert isinstance(loop, uvloop.Loop) == ("[asyncio" not in request.node.name)


def test_dynamic(request):
    assert request.getfixturevalue("loop")


@pytest.mark.asyncio
async def test_made_once_for_each_loop(data):
    assert len(made) == data <= 2
