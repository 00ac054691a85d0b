"""Background jobs: done, failed or abandoned, and never silently."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from httpx2 import ASGITransport, AsyncClient

from order_service.app import create_app
from order_service.dependencies import JobsDep, SessionDep
from order_service.jobs import TooManyJobsError, run_jobs
from order_service.settings import Settings

from .fixtures.app import running


async def test_job_runs() -> None:
    done = asyncio.Event()

    async def job() -> None:
        done.set()

    async with run_jobs(limit=1, backlog=1, grace=60) as jobs:
        jobs.add("job", job)
        await jobs.finished()
        assert done.is_set()


async def test_failed_job_is_logged_and_the_next_one_runs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done = asyncio.Event()

    async def fail() -> None:
        raise ValueError("not today")

    async def job() -> None:
        done.set()

    async with run_jobs(limit=1, backlog=2, grace=60) as jobs:
        jobs.add("first", fail)
        jobs.add("second", job)
        await done.wait()

    (record,) = caplog.records
    assert record.getMessage() == "The job 'first' has failed"
    assert record.exc_info
    assert str(record.exc_info[1]) == "not today"


async def test_jobs_run_at_the_same_time_up_to_the_limit() -> None:
    both = asyncio.Barrier(2)
    running = most = 0

    async def job() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await both.wait()
        running -= 1

    async with run_jobs(limit=2, backlog=4, grace=60) as jobs:
        for _ in range(4):
            jobs.add("job", job)
        await jobs.finished()

    assert most == 2


async def test_too_many_jobs_are_refused() -> None:
    async with run_jobs(limit=1, backlog=1, grace=60) as jobs:
        jobs.add("job", asyncio.Event().wait)
        with pytest.raises(TooManyJobsError):
            jobs.add("job", asyncio.Event().wait)
        jobs.give_up()


async def test_shutdown_finishes_running_and_waiting_jobs() -> None:
    begun, leave, done = asyncio.Event(), asyncio.Event(), list[str]()

    async def slow() -> None:
        begun.set()
        await leave.wait()
        done.append("slow")

    async def waiting() -> None:
        done.append("waiting")

    async with run_jobs(limit=1, backlog=2, grace=60) as jobs:
        jobs.add("slow", slow)
        jobs.add("waiting", waiting)
        await begun.wait()
        asyncio.get_running_loop().call_soon(leave.set)  # during the shutdown

    assert done == ["slow", "waiting"]


async def test_shutdown_gives_up_after_its_grace(
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun, stopped = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    async with run_jobs(limit=1, backlog=2, grace=0.01) as jobs:
        jobs.add("hanging", hang)
        jobs.add("waiting", hang)
        await begun.wait()

    assert stopped.is_set()
    assert {record.getMessage() for record in caplog.records} == {
        "The job 'hanging' was stopped at shutdown",
        "The job 'waiting' was not begun before shutdown",
    }


async def test_jobs_of_a_failed_request_never_begin() -> None:
    begun = asyncio.Event()

    async def job() -> None:
        begun.set()

    async with run_jobs(limit=1, backlog=1, grace=60) as jobs:
        with suppress(ValueError), jobs.held() as held:
            held.add("job", job)
            raise ValueError("not today")
        await jobs.finished()
        assert not begun.is_set()

        jobs.add("job", job)  # the place of the other one is free again
        await jobs.finished()
        assert begun.is_set()


async def test_held_job_has_a_place_in_the_queue() -> None:
    done = asyncio.Event()

    async def job() -> None:
        done.set()

    async with run_jobs(limit=1, backlog=1, grace=60) as jobs:
        with jobs.held() as first, jobs.held() as second:
            first.add("job", job)
            with pytest.raises(TooManyJobsError):
                second.add("job", job)
            with pytest.raises(TooManyJobsError):
                jobs.add("job", job)
        await jobs.finished()
        assert done.is_set()

        jobs.add("job", job)  # those that wait no longer do not count
        await jobs.finished()


async def test_jobs_begin_when_their_request_is_committed(
    settings: Settings,
) -> None:
    happened: list[str] = []

    class Recorded:
        @asynccontextmanager
        async def begin(self) -> AsyncIterator[None]:
            yield
            await asyncio.sleep(0)  # other tasks run meanwhile
            happened.append("committed")

    app = create_app(settings.model_copy(update={"job_backlog": 1}))

    async def job() -> None:
        happened.append("begun")

    @app.post("/work")
    async def work(number: int, _: SessionDep, jobs: JobsDep) -> None:
        for _number in range(number):
            jobs.add("job", job)

    async with running(app):
        app.state.database = Recorded()
        transport = ASGITransport(app)
        async with AsyncClient(
            transport=transport, base_url="http://app.test", trust_env=False
        ) as client:
            assert (await client.post("/work?number=2")).status_code == 503
            assert happened == []
            assert (await client.post("/work?number=1")).status_code == 200
        await app.state.jobs.finished()

    assert happened == ["committed", "begun"]
