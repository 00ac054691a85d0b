"""Background jobs, as long as the application runs."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

logger = logging.getLogger(__name__)

Job = Callable[[], Awaitable[object]]


class TooManyJobsError(Exception):
    """As many jobs are waiting as the settings allow."""


class HeldJobs:
    """Jobs that begin when the request that adds them has succeeded."""

    def __init__(self, take_place: Callable[[], None]) -> None:
        self.added: list[tuple[str, Job]] = []
        self._take_place = take_place

    def add(self, name: str, job: Job) -> None:
        """Run `job` in the background once the request's transaction is committed.

        Raises TooManyJobsError, which rolls the request back, if too many wait.
        """
        self._take_place()
        self.added.append((name, job))


class Jobs:
    """A queue of jobs.

    It is in memory: when the process is killed, its jobs are lost.
    """

    def __init__(self, backlog: int) -> None:
        self._queue: asyncio.Queue[tuple[str, Job]] = asyncio.Queue()
        self._free_places = backlog

    def add(self, name: str, job: Job) -> None:
        """Run `job` in the background; raises TooManyJobsError if too many wait."""
        self._take_place()
        self._queue.put_nowait((name, job))

    @contextmanager
    def held(self) -> Iterator[HeldJobs]:
        """Hold jobs back until the block ends, and discard them if it fails.

        Each has its place in the queue from the start, so none is refused at the end.
        """
        held = HeldJobs(self._take_place)
        try:
            yield held
        except BaseException:
            self._free_places += len(held.added)
            raise
        for added in held.added:
            self._queue.put_nowait(added)

    def _take_place(self) -> None:
        if self._free_places == 0:
            raise TooManyJobsError
        self._free_places -= 1

    async def finished(self) -> None:
        """Wait until every job is done."""
        await self._queue.join()

    async def work(self) -> None:
        """Run one job after the other; failures are logged."""
        while True:
            name, job = await self._queue.get()
            self._free_places += 1
            try:
                await job()
            except Exception:
                logger.exception("The job %r has failed", name)
            except asyncio.CancelledError:
                logger.error("The job %r was stopped at shutdown", name)
                raise
            finally:
                self._queue.task_done()

    def give_up(self) -> None:
        """Log the jobs that no worker has started."""
        while not self._queue.empty():
            name, _ = self._queue.get_nowait()
            self._queue.task_done()
            logger.error("The job %r was not begun before shutdown", name)


@asynccontextmanager
async def run_jobs(limit: int, backlog: int, grace: float) -> AsyncIterator[Jobs]:
    """Run up to `limit` jobs at once; the shutdown waits up to `grace` seconds."""
    jobs = Jobs(backlog)
    async with asyncio.TaskGroup() as group:
        workers = [group.create_task(jobs.work()) for _ in range(limit)]
        try:
            yield jobs
            async with asyncio.timeout(grace):
                await jobs.finished()
        except TimeoutError:
            pass  # unfinished jobs are logged
        finally:
            for worker in workers:
                worker.cancel()
            jobs.give_up()
