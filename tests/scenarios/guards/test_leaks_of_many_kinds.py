"""Ways in which a test can leave something behind, and correct code that looks like it."""

import asyncio
import contextvars
import functools
import gc
import json
import logging
import os
import socket
import sys
import threading
import warnings
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, aclosing, suppress
from unittest.mock import AsyncMock

import pytest
import pytest_asyncio

kept: list[object] = []
Jobs = set["asyncio.Task[None]"]


async def wait_for_ever() -> None:
    await asyncio.Event().wait()


async def fail() -> None:
    raise ValueError("nobody sees it")


async def numbers() -> AsyncIterator[int]:
    try:
        for number in range(9):
            yield number
    finally:
        await asyncio.sleep(0)


async def never_closes() -> AsyncIterator[int]:
    try:
        yield 1
    finally:
        await asyncio.Event().wait()


class Spawner:
    """Starts tasks for its users and ends them when it is closed."""

    def __init__(self) -> None:
        self.tasks: Jobs = set()

    def spawn(self) -> None:
        self.tasks.add(asyncio.create_task(wait_for_ever()))

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


@pytest_asyncio.fixture(scope="LOOP", loop_scope="LOOP")
async def spawner() -> AsyncIterator[Spawner]:
    spawner = Spawner()
    yield spawner
    await spawner.close()


@pytest_asyncio.fixture(scope="LOOP", loop_scope="LOOP")
async def queue() -> "asyncio.Queue[int]":
    return asyncio.Queue()


@pytest_asyncio.fixture(scope="LOOP", loop_scope="LOOP")
async def port() -> AsyncIterator[int]:
    """A server whose handlers outlive the connections of a test."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        await asyncio.sleep(0.05)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await asyncio.sleep(0.1)


@pytest.fixture
def swept() -> Iterator[None]:
    yield
    for each in kept:
        if type(each) is socket.socket:
            each.close()


# task .* is pending, made at tests/test_\w+.py:\d+ in go_on
@pytest.mark.asyncio
async def test_wrong_task_of_a_callback() -> None:
    def go_on(_: object) -> None:
        kept.append(asyncio.ensure_future(wait_for_ever()))

    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(0)).add_done_callback(go_on)


# is pending, made at tests/test_\w+.py:\d+ in test_wrong_timer
@pytest.mark.asyncio
async def test_wrong_timer() -> None:
    async def tick() -> None:
        while True:
            await asyncio.sleep(3600)

    kept.append(asyncio.create_task(tick()))


# task .* is pending, made at tests/test_\w+.py:\d+ in test_wrong_waits_on_a_queue_of_a_fixture
@pytest.mark.asyncio
async def test_wrong_waits_on_a_queue_of_a_fixture(queue: "asyncio.Queue[int]") -> None:
    async def work() -> None:
        await queue.get()

    asyncio.create_task(work())
    await asyncio.sleep(0)


# task .* is pending
@pytest.mark.asyncio
async def test_wrong_gather_that_nobody_awaits() -> None:
    kept.append(asyncio.gather(wait_for_ever(), wait_for_ever()))


# task .* is pending
@pytest.mark.asyncio
async def test_wrong_shield() -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(wait_for_ever()), 0)


# async generator 'never_closes' \(tests/test_\w+.py:\d+\) is still closing; use contextlib.aclosing
@pytest.mark.asyncio
async def test_wrong_generator_never_closes() -> None:
    async for _ in never_closes():
        break


# Task exception was never retrieved: ValueError.*raised at tests/test_\w+.py:\d+ in fail
@pytest.mark.asyncio
async def test_wrong_exception_beside_another() -> None:
    tasks = [asyncio.create_task(fail()), asyncio.create_task(fail())]
    await asyncio.wait(tasks)
    assert tasks[0].exception()


# Future exception was never retrieved: ValueError
@pytest.mark.asyncio
async def test_wrong_exception_of_a_future() -> None:
    asyncio.get_running_loop().create_future().set_exception(ValueError("nobody sees it"))


# GatheringFuture exception was never retrieved: ValueError.*raised at tests/test_\w+.py:\d+ in fail
@pytest.mark.asyncio
async def test_wrong_exception_of_a_gather_that_nobody_awaits() -> None:
    asyncio.gather(fail(), fail())
    await asyncio.sleep(0.01)


# coroutine 'wait_for_ever' was never awaited, made at tests/test_\w+.py:\d+ in test_wrong_forgotten_in_a_list
@pytest.mark.asyncio
async def test_wrong_forgotten_in_a_list() -> None:
    jobs = [wait_for_ever(), wait_for_ever()]
    assert len(jobs) == 2


# assert .* == 1(.|\n)*coroutine 'fail' was never awaited, made at tests/test_\w+.py:\d+ in test_wrong_result_is_a_coroutine
@pytest.mark.asyncio
async def test_wrong_result_is_a_coroutine() -> None:
    result = fail()
    assert result == 1


@pytest.mark.asyncio
async def test_right_after_a_failed_test() -> None: ...


# the test fails on its own(.|\n)*coroutine 'fail' was never awaited, made at tests/test_\w+.py:\d+ in test_wrong_fails_with_a_coroutine_in_a_dict
@pytest.mark.asyncio
async def test_wrong_fails_with_a_coroutine_in_a_dict() -> None:
    held = {"job": fail()}
    raise AssertionError(f"the test fails on its own {len(held)}")


# the test fails, too
@pytest.mark.asyncio
async def test_wrong_fails_next() -> None:
    raise AssertionError("the test fails, too")


# was never awaited, made at tests/test_\w+.py:\d+ in test_wrong_call_of_a_mock; a mock of a function that is not async
@pytest.mark.asyncio
async def test_wrong_call_of_a_mock() -> None:
    AsyncMock()()


# (Datagram|UDP)Transport is open, made at tests/test_\w+.py:\d+ in test_wrong_datagrams
@pytest.mark.asyncio
async def test_wrong_datagrams() -> None:
    loop = asyncio.get_running_loop()
    kept.append(
        await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))
    )


# Transport is open, made at tests/test_\w+.py:\d+ in test_wrong_pipe
@pytest.mark.asyncio
async def test_wrong_pipe() -> None:
    loop = asyncio.get_running_loop()
    read, write = os.pipe()
    kept.append(write)
    file = os.fdopen(read, "rb", 0)
    kept.append(await loop.connect_read_pipe(asyncio.Protocol, file))


# is open, made at tests/test_\w+.py:\d+ in test_wrong_connection_in_a_task_of_a_library|pending, running port.<locals>.answer
@pytest.mark.asyncio
async def test_wrong_connection_in_a_task_of_a_library(port: int) -> None:
    loop = asyncio.get_running_loop()
    connecting = loop.create_connection(asyncio.Protocol, "127.0.0.1", port)
    kept.append(await asyncio.wait_for(asyncio.ensure_future(connecting), 9))


# Server is open, made at tests/test_\w+.py:\d+ in test_wrong_server_in_a_task_of_a_library
@pytest.mark.asyncio
async def test_wrong_server_in_a_task_of_a_library() -> None:
    kept.append(await asyncio.create_task(asyncio.start_server(print, "127.0.0.1", 0)))


# JSONDecodeError\(.*\), raised in JSONDecoder.raw_decode in json\nHandle it or await
@pytest.mark.asyncio
async def test_wrong_exception_of_a_library() -> None:
    asyncio.get_running_loop().call_soon(json.loads, "{")
    await asyncio.sleep(0)


# unclosed .*socket
@pytest.mark.asyncio
async def test_wrong_socket() -> None:
    socket.socket()


def test_right_sync_test_after_leaks() -> None:
    gc.collect()


@pytest.mark.asyncio
async def test_right_first_item() -> None:
    async for number in numbers():
        assert number == 0
        break


@pytest.mark.asyncio
async def test_right_cancelled_at_the_end() -> None:
    task = asyncio.create_task(wait_for_ever())
    await asyncio.sleep(0)
    task.cancel()


@pytest.mark.asyncio
async def test_right_spawner_of_a_fixture(spawner: Spawner) -> None:
    spawner.spawn()
    await asyncio.sleep(0)


@pytest.mark.asyncio
async def test_right_server_is_not_done(port: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()
    await writer.wait_closed()


@pytest.mark.asyncio
async def test_right_handler_on_purpose() -> None:
    loop = asyncio.get_running_loop()
    loop.call_exception_handler({"message": "job failed", "exception": ValueError("no")})


@pytest.mark.asyncio
async def test_right_asserts_on_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "asyncio"):
        asyncio.get_running_loop().call_soon(lambda: 1 / 0)
        await asyncio.sleep(0.01)
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.asyncio
async def test_right_expects_the_warning() -> None:
    with pytest.warns(RuntimeWarning, match="coroutine 'fail' was never awaited$"):
        fail()


@pytest.mark.filterwarnings("ignore:coroutine 'fail' was never awaited")
@pytest.mark.asyncio
async def test_right_ignores_the_warning() -> None:
    fail()


class Broken(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        raise ValueError("no")


@pytest.mark.asyncio
async def test_right_constructor_fails() -> None:
    with pytest.raises(ValueError, match="no"):
        Broken()


class Impostor:
    """Answers no question about itself."""

    def __getattribute__(self, name: str) -> object:
        raise RuntimeError(f"asked for {name}")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("compared")

    def __bool__(self) -> bool:
        raise RuntimeError("asked for its truth")

    __hash__ = None  # type: ignore[assignment]


@pytest.fixture(scope="module")
def impostors() -> list[object]:
    return [Impostor(), {"deep": [Impostor()]}]


# task .* is pending, made at tests/test_\w+.py:\d+ in test_wrong_beside_impostors
@pytest.mark.asyncio
async def test_wrong_beside_impostors(impostors: list[object]) -> None:
    kept.append(asyncio.create_task(wait_for_ever()))


@pytest.mark.asyncio
async def test_right_loop_in_a_thread() -> None:
    def run() -> None:
        asyncio.run(asyncio.sleep(0))

    await asyncio.to_thread(run)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


@pytest.mark.asyncio
async def test_right_task_is_done_in_a_moment() -> None:
    async def soon() -> None:
        await asyncio.sleep(0)

    asyncio.create_task(soon())


@pytest.mark.asyncio
async def test_right_lifetimes_are_as_ever() -> None:
    async def work() -> None: ...

    task = asyncio.create_task(work())
    await task
    await asyncio.sleep(0)
    gone = weakref.ref(task)
    del task
    assert gone() is None
    assert any(found is kept for found in gc.get_objects())


@pytest.mark.asyncio
async def test_right_swept_by_a_fixture(swept: None) -> None:
    kept.append(socket.socket())


def test_right_hooks_are_as_ever() -> None:
    context = contextvars.Context()
    assert context.run(len, context) == 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gc.collect()


# What fixtures of several tests hold in unusual ways, all closed when they are torn down.


class Slots:
    __slots__ = ("task",)

    def start(self) -> None:
        self.task = asyncio.create_task(wait_for_ever())


@pytest_asyncio.fixture(scope="LOOP", loop_scope="LOOP")
async def start_in_slots() -> AsyncIterator[Callable[[], None]]:
    holder = Slots()
    yield holder.start
    holder.task.cancel()


@pytest_asyncio.fixture(scope="LOOP", loop_scope="LOOP")
async def start_in_a_partial() -> AsyncIterator[Callable[[], None]]:
    def start(held: Jobs) -> None:
        held.add(asyncio.create_task(wait_for_ever()))

    jobs: Jobs = set()
    yield functools.partial(start, jobs)
    for job in jobs:
        job.cancel()


@pytest_asyncio.fixture(scope="LOOP", loop_scope="LOOP")
async def start_weakly() -> AsyncIterator[Callable[[], None]]:
    seen: weakref.WeakSet[asyncio.Task[None]] = weakref.WeakSet()
    jobs: Jobs = set()

    def start() -> None:
        seen.add(job := asyncio.create_task(wait_for_ever()))
        jobs.add(job)

    yield start
    for job in list(seen):
        job.cancel()


@pytest_asyncio.fixture(scope="LOOP", loop_scope="LOOP")
async def start_in_a_context() -> AsyncIterator[Callable[[], None]]:
    context, jobs = contextvars.copy_context(), []
    yield lambda: jobs.append(context.run(asyncio.create_task, wait_for_ever()))
    for job in jobs:
        job.cancel()


@pytest_asyncio.fixture(scope="LOOP", loop_scope="LOOP")
async def start_in_a_group() -> AsyncIterator[Callable[[], None]]:
    jobs: Jobs = set()
    async with asyncio.TaskGroup() as group:
        yield lambda: jobs.add(group.create_task(wait_for_ever()))
        for job in jobs:
            job.cancel()


@pytest_asyncio.fixture(scope="LOOP", loop_scope="LOOP")
async def start_by_a_worker() -> AsyncIterator[Callable[[], None]]:
    orders: asyncio.Queue[None] = asyncio.Queue()
    jobs: Jobs = set()

    async def work() -> None:
        while True:
            await orders.get()
            jobs.add(asyncio.create_task(wait_for_ever()))

    worker = asyncio.create_task(work())
    yield lambda: orders.put_nowait(None)
    for task in (worker, *jobs):
        task.cancel()


@pytest.mark.asyncio
async def test_right_jobs_of_fixtures(
    start_in_slots: Callable[[], None],
    start_in_a_partial: Callable[[], None],
    start_weakly: Callable[[], None],
    start_in_a_context: Callable[[], None],
    start_in_a_group: Callable[[], None],
    start_by_a_worker: Callable[[], None],
) -> None:
    for start in (start_in_slots, start_in_a_partial, start_weakly):
        start()
    for start in (start_in_a_context, start_in_a_group, start_by_a_worker):
        start()
    await asyncio.sleep(0.01)


@pytest_asyncio.fixture(scope="LOOP", loop_scope="LOOP")
async def lazy_server() -> AsyncIterator[Callable[[], Awaitable[None]]]:
    servers: list[asyncio.Server] = []

    async def serve() -> None:
        if not servers:
            servers.append(await asyncio.start_server(print, "127.0.0.1", 0))

    yield serve
    for server in servers:
        server.close()


@pytest.mark.asyncio
async def test_right_server_that_a_fixture_starts_later(
    lazy_server: Callable[[], Awaitable[None]],
) -> None:
    await lazy_server()


@pytest_asyncio.fixture(scope="LOOP", loop_scope="LOOP")
async def generators() -> AsyncIterator[list[AsyncIterator[int]]]:
    async with AsyncExitStack() as stack:
        generators: list[AsyncIterator[int]] = []
        yield generators
        for generator in generators:
            await stack.enter_async_context(aclosing(generator))  # type: ignore[type-var]


@pytest.mark.asyncio
async def test_right_generator_of_a_fixture(generators: list[AsyncIterator[int]]) -> None:
    generators.append(numbers())
    assert await anext(generators[-1]) == 0


@pytest.fixture(scope="session")
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as threads:
        yield threads


@pytest.mark.asyncio
async def test_right_threads_of_the_run(threads: ThreadPoolExecutor) -> None:
    def run() -> None:
        with asyncio.Runner() as runner:
            runner.run(asyncio.sleep(0))

    loop = asyncio.get_running_loop()
    await asyncio.gather(*(loop.run_in_executor(threads, run) for _ in range(3)))


async def sleep_in_process(seconds: int) -> asyncio.subprocess.Process:
    code = f"import time; time.sleep({seconds})"
    return await asyncio.create_subprocess_exec(sys.executable, "-c", code)


# SubprocessTransport is open, made at tests/test_\w+.py:\d+ in sleep_in_process, called at|in sleep_in_process
@pytest.mark.asyncio
async def test_wrong_subprocess() -> None:
    kept.append(await sleep_in_process(99))


# unclosed event loop
def test_wrong_loop_of_a_sync_test() -> None:
    asyncio.new_event_loop()


# task .* is pending, made at tests/test_\w+.py:\d+ in test_wrong_loser_of_a_race
@pytest.mark.asyncio
async def test_wrong_loser_of_a_race() -> None:
    tasks = [asyncio.create_task(asyncio.sleep(0)), asyncio.create_task(wait_for_ever())]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


# task .* is pending
@pytest.mark.asyncio
async def test_wrong_wait_for_a_shielded_task() -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(asyncio.create_task(wait_for_ever())), 0.001)


# Server is open, made at tests/test_\w+.py:\d+ in test_wrong_stack_that_nobody_closes
@pytest.mark.asyncio
async def test_wrong_stack_that_nobody_closes() -> None:
    stack = AsyncExitStack()
    server = await asyncio.start_server(print, "127.0.0.1", 0)
    kept.append(await stack.enter_async_context(server))
    kept.append(stack)


# task .* is pending, made at tests/test_\w+.py:\d+ in test_wrong_timeout_around_a_task
@pytest.mark.asyncio
async def test_wrong_timeout_around_a_task() -> None:
    async with asyncio.timeout(9):
        kept.append(asyncio.create_task(wait_for_ever()))


async def timed_out() -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(wait_for_ever(), 0.001)


async def exception_is_read() -> None:
    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    assert isinstance(task.exception(), ValueError)


async def exceptions_are_returned() -> None:
    assert len(await asyncio.gather(fail(), fail(), return_exceptions=True)) == 2


async def closed_without_waiting() -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.close()
    server.close()


async def process_has_ended() -> None:
    assert await (await sleep_in_process(0)).wait() == 0


async def process_is_killed() -> None:
    process = await sleep_in_process(99)
    process.kill()
    await process.wait()


async def coroutine_is_closed() -> None:
    fail().close()


async def timer_is_cancelled() -> None:
    asyncio.get_running_loop().call_later(99, print).cancel()


async def exits_in_a_stack() -> None:
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(await asyncio.start_server(print, "127.0.0.1", 0))


async def generator_is_closed() -> None:
    async with aclosing(numbers()) as generator:
        assert await anext(generator) == 0


async def last_error_of_a_group() -> None:
    with suppress(BaseExceptionGroup):
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            group.create_task(wait_for_ever())


async def future_that_nobody_sets() -> None:
    kept.append(asyncio.get_running_loop().create_future())


RIGHT: list[Callable[[], Awaitable[None]]] = [
    *(timed_out, exception_is_read, exceptions_are_returned, closed_without_waiting),
    *(process_has_ended, process_is_killed, coroutine_is_closed, timer_is_cancelled),
    *(exits_in_a_stack, generator_is_closed, last_error_of_a_group, future_that_nobody_sets),
]


@pytest.mark.asyncio
@pytest.mark.parametrize("program", RIGHT)
async def test_right_program(program: Callable[[], Awaitable[None]]) -> None:
    await program()


def test_right_run_ends_what_is_left() -> None:
    async def leave() -> None:
        kept.append(asyncio.create_task(wait_for_ever()))

    asyncio.run(leave())


def test_right_loop_is_closed() -> None:
    asyncio.new_event_loop().close()
