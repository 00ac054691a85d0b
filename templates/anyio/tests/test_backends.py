"""AnyIO's tests run on each backend; the name says on which, such as test_x[trio]."""

import anyio
import pytest
import trio

pytestmark = pytest.mark.anyio


@pytest.fixture
async def backend_of_fixtures(anyio_backend: object) -> str:
    """An async fixture of AnyIO: it uses `anyio_backend`."""
    return running_backend()


def running_backend() -> str:
    return "trio" if trio.lowlevel.in_trio_run() else "asyncio"


async def test_tests_and_fixtures_run_on_the_backend_in_the_name(
    backend_of_fixtures: str, anyio_backend_name: str
) -> None:
    assert running_backend() == anyio_backend_name
    assert backend_of_fixtures == anyio_backend_name


async def test_tasks_exchange_values() -> None:
    send, receive = anyio.create_memory_object_stream[int]()

    async with anyio.create_task_group() as group, send, receive:
        group.start_soon(send.send, 42)
        assert await receive.receive() == 42
