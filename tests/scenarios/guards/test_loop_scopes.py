import asyncio
import functools
import logging
import threading
from typing import NoReturn

import pytest
import pytest_asyncio


@pytest_asyncio.fixture(scope="OTHER", loop_scope="OTHER")
async def other_loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


@pytest_asyncio.fixture(scope="OTHER", loop_scope="OTHER")
async def other_queue() -> asyncio.Queue[int]:
    return asyncio.Queue()


@pytest_asyncio.fixture(scope="OTHER", loop_scope="OTHER")
async def other_data() -> dict[str, list[int]]:
    return {"numbers": [1, 2, 3]}


class Watchful:
    """Fails a test when somebody runs its code."""

    def __getattribute__(self, name: str) -> NoReturn:
        pytest.fail(f"somebody asks for {name}")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        pytest.fail("somebody pickles it")


@pytest_asyncio.fixture(scope="OTHER", loop_scope="OTHER")
async def other_objects(request: pytest.FixtureRequest) -> list[object]:
    """What works on every loop and cannot be pickled."""
    return [lambda: 1, threading.Lock(), logging.getLogger(__name__), Watchful(), request, asyncio]


class Client:
    def __init__(self) -> None:
        self.options = {"queues": [asyncio.Queue[int]()]}

    def call(self) -> None: ...


@pytest_asyncio.fixture(scope="OTHER", loop_scope="OTHER")
async def other_client() -> Client:
    return Client()


@pytest_asyncio.fixture(scope="OTHER", loop_scope="OTHER")
async def other_method() -> object:
    return functools.partial(Client().call)


@pytest_asyncio.fixture(scope="OTHER", loop_scope="OTHER")
async def other_closure() -> object:
    client = Client()
    return lambda: client


@pytest_asyncio.fixture(scope="function", loop_scope="LOOP")
async def same_loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


@pytest.fixture
def through_others(other_loop: asyncio.AbstractEventLoop) -> list[object]:
    return [other_loop]


@pytest.fixture
def dynamic(request: pytest.FixtureRequest) -> object:
    return request.getfixturevalue("other_loop")


@pytest_asyncio.fixture(scope="session", loop_scope="function")
async def outlives_its_loop() -> int:
    return 1


@pytest_asyncio.fixture(scope="function", loop_scope="LOOP")
async def on_two_loops(other_loop: asyncio.AbstractEventLoop) -> int:
    return 1


# test_wrong_direct runs on the LOOP loop, but uses fixture 'other_loop' \(tests/test_\w+.py:\d+\),
@pytest.mark.asyncio
async def test_wrong_direct(other_loop: asyncio.AbstractEventLoop) -> None: ...


# fixture 'other_loop' .*\nwhich was made on the OTHER loop and works only there.\nWrite at 'other_loop'
@pytest.mark.asyncio
async def test_wrong_through_others(through_others: list[object]) -> None: ...


# fixture 'other_loop'
@pytest.mark.asyncio
@pytest.mark.usefixtures("other_loop")
async def test_wrong_usefixtures() -> None: ...


# fixture 'other_loop'
@pytest.mark.asyncio
async def test_wrong_dynamic(dynamic: object) -> None: ...


# fixture 'other_queue'
@pytest.mark.asyncio
async def test_wrong_queue(other_queue: asyncio.Queue[int]) -> None: ...


# fixture 'other_client'
@pytest.mark.asyncio
async def test_wrong_attribute(other_client: Client) -> None: ...


# fixture 'other_method'
@pytest.mark.asyncio
async def test_wrong_method(other_method: object) -> None: ...


# fixture 'other_closure'
@pytest.mark.asyncio
async def test_wrong_closure(other_closure: object) -> None: ...


# fixture 'outlives_its_loop' .* lives for a session, its event loop for a function
@pytest.mark.asyncio
async def test_wrong_scope(outlives_its_loop: int) -> None: ...


# fixture 'outlives_its_loop' .* lives for a session, its event loop for a function
@pytest.mark.asyncio
async def test_wrong_scope_once_more(outlives_its_loop: int) -> None: ...


# fixture 'outlives_its_loop' .* lives for a session, its event loop for a function
def test_wrong_scope_in_sync_test(outlives_its_loop: int) -> None: ...


# fixture 'on_two_loops' .* is set up on the LOOP loop, but uses fixture 'other_loop'
@pytest.mark.asyncio
async def test_wrong_pair_of_fixtures(on_two_loops: int) -> None: ...


# runs on the OTHER loop, but uses fixture 'same_loop' .*\n.*\nWrite there @pytest.mark.asyncio\(loop_scope="LOOP"\)
@pytest.mark.asyncio(loop_scope="OTHER")
async def test_wrong_marker(same_loop: asyncio.AbstractEventLoop) -> None: ...


@pytest.mark.asyncio(loop_scope="OTHER")
class TestMarkedClass:
    # runs on the OTHER loop, but uses fixture 'same_loop'
    async def test_wrong_class(self, same_loop: asyncio.AbstractEventLoop) -> None: ...

    @pytest.mark.asyncio(loop_scope="LOOP")
    async def test_right_marker_in_class(self, same_loop: asyncio.AbstractEventLoop) -> None:
        assert asyncio.get_running_loop() is same_loop

    async def test_right_class(self, other_loop: asyncio.AbstractEventLoop) -> None:
        assert asyncio.get_running_loop() is other_loop


@pytest.mark.asyncio
async def test_right_direct(same_loop: asyncio.AbstractEventLoop) -> None:
    assert asyncio.get_running_loop() is same_loop


@pytest.mark.asyncio(loop_scope="OTHER")
async def test_right_marker(through_others: list[object]) -> None:
    assert through_others == [asyncio.get_running_loop()]


@pytest.mark.asyncio
async def test_right_plain_data(other_data: dict[str, list[int]]) -> None:
    assert other_data["numbers"]


@pytest.mark.asyncio
async def test_right_objects_without_a_loop(other_objects: list[object]) -> None:
    assert other_objects


def test_right_sync(other_loop: asyncio.AbstractEventLoop) -> None:
    assert other_loop
