from collections.abc import AsyncIterator

import anyio
import pytest
import pytest_asyncio
import trio

pytestmark = pytest.mark.timeout(1)


async def wait_for_ever() -> None:
    await anyio.sleep_forever()  # the line of wait_for_ever


def running_backend() -> str:
    return "trio" if trio.lowlevel.in_trio_run() else "asyncio"


@pytest_asyncio.fixture(scope="function", loop_scope="LOOP")
async def of_pytest_asyncio() -> str:
    return running_backend()


@pytest.fixture
def through_sync(of_pytest_asyncio: str) -> str:
    return of_pytest_asyncio


@pytest.fixture
async def of_anyio(anyio_backend: object) -> AsyncIterator[str]:
    yield running_backend()
    await anyio.lowlevel.checkpoint()


@pytest.fixture
async def stuck_set_up(anyio_backend: object) -> None:
    await wait_for_ever()


@pytest.fixture
async def stuck_tear_down(anyio_backend: object) -> AsyncIterator[None]:
    yield
    await wait_for_ever()


# test_wrong_both_markers\[.*\] would run on pytest-asyncio's loop
@pytest.mark.anyio
@pytest.mark.asyncio
async def test_wrong_both_markers() -> None: ...


# test_wrong_marker\[.*\] would run on pytest-asyncio's loop(.*\n)+Write @pytest.mark.anyio
@pytest.mark.asyncio
async def test_wrong_marker(anyio_backend: object) -> None: ...


# test_wrong_fixture\[.*\] is AnyIO's, but uses fixture 'of_pytest_asyncio' \(tests/test_\w+.py:\d+\)
@pytest.mark.anyio
async def test_wrong_fixture(through_sync: str) -> None: ...


# Timeout \(>1.0s\): test_wrong_await\[.*\] hung at .*the line of wait_for_ever
@pytest.mark.anyio
async def test_wrong_await() -> None:
    await wait_for_ever()


# test_wrong_group\[.*\] hung at .*(\n.*)+\nconsumer is waiting, too:\n(.*\n)+.*the line of wait_for_ever
@pytest.mark.anyio
async def test_wrong_group() -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(wait_for_ever, name="consumer")


# the setup of fixture 'stuck_set_up' hung at .*the line of wait_for_ever
@pytest.mark.anyio
async def test_wrong_set_up(stuck_set_up: None) -> None: ...


# the teardown of fixture 'stuck_tear_down' hung at .*the line of wait_for_ever
@pytest.mark.anyio
async def test_wrong_tear_down(stuck_tear_down: None) -> None: ...


# test_wrong_network\[.*\] tries to reach example.com, at tests/test_\w+.py:\d+ in test_wrong_network
@pytest.mark.anyio
async def test_wrong_network() -> None:
    await anyio.connect_tcp("example.com", 80)


# Unclosed <MemoryObjectSendStream(.*\n)+.*allow_leaks
@pytest.mark.anyio
async def test_wrong_stream() -> None:
    anyio.create_memory_object_stream[int]()


@pytest.mark.anyio
async def test_right_backend(of_anyio: str, anyio_backend_name: str) -> None:
    assert running_backend() == of_anyio == anyio_backend_name


@pytest.mark.anyio
class TestMarkedClass:
    async def test_right_backend_in_class(self, anyio_backend_name: str) -> None:
        assert running_backend() == anyio_backend_name


def test_right_sync(of_anyio: str, anyio_backend_name: str) -> None:
    assert of_anyio == anyio_backend_name


@pytest.mark.asyncio
async def test_right_of_pytest_asyncio(of_pytest_asyncio: str) -> None:
    assert running_backend() == of_pytest_asyncio == "asyncio"
