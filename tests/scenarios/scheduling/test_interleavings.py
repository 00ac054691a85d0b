"""Ten classic races, each beside its repaired version."""

import asyncio
from collections.abc import Callable

import pytest

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(60)]
wrong = pytest.mark.interleavings(200)
right = pytest.mark.interleavings(RIGHT)


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


class Account:
    def __init__(self) -> None:
        self.balance = 100
        self.lock = asyncio.Lock()

    async def read(self) -> int:
        await turns(1)
        return self.balance

    async def pay(self, amount: int) -> None:
        balance = await self.read()
        await turns(1)  # asks the bank
        self.balance = balance - amount

    async def pay_alone(self, amount: int) -> None:
        async with self.lock:
            await self.pay(amount)


async def later(count: int, function: Callable[..., object], *arguments: object) -> None:
    await turns(count)
    await function(*arguments)  # type: ignore[misc]


# Order \d+ of seed 0 fails; \d+ swaps of tasks are enough
@wrong
async def test_wrong_lost_update() -> None:
    account = Account()
    await asyncio.gather(account.pay(1), later(6, account.pay, 2))
    assert account.balance == 97


@right
async def test_no_lost_update() -> None:
    account = Account()
    await asyncio.gather(account.pay_alone(1), later(6, account.pay_alone, 2))
    assert account.balance == 97


class Hall:
    def __init__(self) -> None:
        self.seats = 1
        self.lock = asyncio.Lock()

    async def book(self) -> None:
        if self.seats:
            await turns(1)
            self.seats -= 1

    async def book_alone(self) -> None:
        async with self.lock:
            await self.book()


# Order \d+ of seed 0 fails; \d+ swaps of tasks are enough
@wrong
async def test_wrong_check_then_act() -> None:
    hall = Hall()
    await asyncio.gather(hall.book(), later(4, hall.book))
    assert hall.seats == 0


@right
async def test_no_check_then_act() -> None:
    hall = Hall()
    await asyncio.gather(hall.book_alone(), later(4, hall.book_alone))
    assert hall.seats == 0


class Cache:
    def __init__(self) -> None:
        self.fetched = 0
        self.kept: dict[int, int] = {}
        self.lookups: dict[int, asyncio.Task[int]] = {}

    async def fetch(self, key: int) -> int:
        self.fetched += 1
        await turns(1)
        return key

    async def get(self, key: int) -> None:
        if key not in self.kept:
            self.kept[key] = await self.fetch(key)

    async def get_once(self, key: int) -> None:
        if key not in self.lookups:
            self.lookups[key] = asyncio.create_task(self.fetch(key))
        self.kept[key] = await self.lookups[key]


# Order \d+ of seed 0 fails; \d+ swaps of tasks are enough
@wrong
async def test_wrong_double_fetch() -> None:
    cache = Cache()
    await asyncio.gather(cache.get(1), later(5, cache.get, 1))
    assert cache.fetched == 1


@right
async def test_no_double_fetch() -> None:
    cache = Cache()
    await asyncio.gather(cache.get_once(1), later(5, cache.get_once, 1))
    assert cache.fetched == 1


class Lazy:
    def __init__(self) -> None:
        self.opened = 0
        self.pool: object = None
        self.lock = asyncio.Lock()

    async def open(self) -> object:
        self.opened += 1
        await turns(1)
        return object()

    async def get(self) -> None:
        if self.pool is None:
            self.pool = await self.open()

    async def get_locked(self) -> None:
        async with self.lock:
            await self.get()


# Order \d+ of seed 0 fails; \d+ swaps of tasks are enough
@wrong
async def test_wrong_unlocked_lazy_init() -> None:
    lazy = Lazy()
    await asyncio.gather(lazy.get(), later(6, lazy.get), later(9, lazy.get))
    assert lazy.opened == 1


@right
async def test_no_unlocked_lazy_init() -> None:
    lazy = Lazy()
    await asyncio.gather(lazy.get_locked(), later(6, lazy.get_locked), later(9, lazy.get_locked))
    assert lazy.opened == 1


class Pool:
    def __init__(self) -> None:
        self.free = 1

    async def acquire(self) -> None:
        self.free -= 1
        await turns(1)  # a ping

    async def use(self) -> None:
        await self.acquire()
        try:
            await turns(1)
        finally:
            self.free += 1

    async def use_safely(self) -> None:
        try:
            await self.acquire()
            await turns(1)
        finally:
            self.free += 1


async def cancel_after(count: int, task: asyncio.Task[None]) -> None:
    await turns(count)
    task.cancel()


# Order \d+ of seed 0 fails; \d+ swaps of tasks are enough
@wrong
async def test_wrong_cancelled_between_acquire_and_release() -> None:
    pool = Pool()
    task = asyncio.create_task(pool.use())
    await asyncio.wait([task, asyncio.create_task(cancel_after(4, task))])
    assert pool.free == 1


@right
async def test_not_cancelled_between_acquire_and_release() -> None:
    pool = Pool()
    task = asyncio.create_task(pool.use_safely())
    await turns(1)
    await asyncio.wait([task, asyncio.create_task(cancel_after(4, task))])
    assert pool.free == 1


class Signal:
    def __init__(self) -> None:
        self.changed = asyncio.Condition()
        self.is_set = False

    async def set(self) -> None:
        async with self.changed:
            self.is_set = True
            self.changed.notify_all()

    async def wait_for_change(self) -> None:
        async with self.changed:
            await self.changed.wait()

    async def wait_until_set(self) -> None:
        async with self.changed:
            await self.changed.wait_for(lambda: self.is_set)


# Order \d+ of seed 0 fails; \d+ swaps of tasks are enough
@wrong
@pytest.mark.virtual_time
async def test_wrong_event_set_before_wait() -> None:
    signal = Signal()
    async with asyncio.timeout(1):
        await asyncio.gather(signal.wait_for_change(), later(5, signal.set))


@right
@pytest.mark.virtual_time
async def test_no_event_set_before_wait() -> None:
    signal = Signal()
    async with asyncio.timeout(1):
        await asyncio.gather(signal.wait_until_set(), later(5, signal.set))


async def consume(queue: asyncio.Queue[int], done: list[int], *, too_early: bool) -> None:
    while True:
        item = await queue.get()
        if too_early:
            queue.task_done()
        await turns(1)
        done.append(item)
        if not too_early:
            queue.task_done()


async def join(*, too_early: bool) -> list[int]:
    queue: asyncio.Queue[int] = asyncio.Queue()
    done: list[int] = []
    worker = asyncio.create_task(consume(queue, done, too_early=too_early))
    for item in range(3):
        await queue.put(item)
        await turns(3)
    await queue.join()
    worker.cancel()
    await asyncio.wait([worker])
    return done


# Order \d+ of seed 0 fails; \d+ swaps of tasks are enough
@wrong
async def test_wrong_queue_join() -> None:
    assert await join(too_early=True) == [0, 1, 2]


@right
async def test_no_wrong_queue_join() -> None:
    assert await join(too_early=False) == [0, 1, 2]


async def hold(semaphore: asyncio.Semaphore) -> None:
    await semaphore.acquire()
    await turns(1)
    semaphore.release()


async def hold_safely(semaphore: asyncio.Semaphore) -> None:
    async with semaphore:
        await turns(1)


# Order \d+ of seed 0 fails; \d+ swaps of tasks are enough
@wrong
async def test_wrong_semaphore_leak() -> None:
    semaphore = asyncio.Semaphore(1)
    task = asyncio.create_task(hold(semaphore))
    await asyncio.wait([task, asyncio.create_task(cancel_after(3, task))])
    assert not semaphore.locked()


@right
async def test_no_semaphore_leak() -> None:
    semaphore = asyncio.Semaphore(1)
    task = asyncio.create_task(hold_safely(semaphore))
    await asyncio.wait([task, asyncio.create_task(cancel_after(3, task))])
    assert not semaphore.locked()


class Record:
    def __init__(self) -> None:
        self.stored, self.version = 1, 0
        self.kept: int | None = None

    async def read(self) -> None:
        value = self.stored
        await turns(1)
        self.kept = value

    async def read_checked(self) -> None:
        value, version = self.stored, self.version
        await turns(1)
        if version == self.version:
            self.kept = value

    async def write(self) -> None:
        self.stored, self.kept = 2, None
        self.version += 1


# Order \d+ of seed 0 fails; \d+ swaps of tasks are enough
@wrong
async def test_wrong_stale_cache_write() -> None:
    record = Record()
    await asyncio.gather(record.read(), later(4, record.write))
    assert record.kept != 1


@right
async def test_no_stale_cache_write() -> None:
    record = Record()
    await asyncio.gather(record.read_checked(), later(4, record.write))
    assert record.kept != 1


class Room:
    def __init__(self) -> None:
        self.members = {"a": 0, "b": 0}

    async def tell_all(self) -> None:
        for name in self.members:
            self.members[name] += 1
            await turns(1)

    async def tell_all_of_now(self) -> None:
        for name in list(self.members):
            if name in self.members:
                self.members[name] += 1
            await turns(1)

    async def leave(self) -> None:
        self.members.pop("b")


# Order \d+ of seed 0 fails; \d+ swaps of tasks are enough
@wrong
async def test_wrong_iterator_changed_meanwhile() -> None:
    room = Room()
    await asyncio.gather(room.tell_all(), later(5, room.leave))


@right
async def test_no_iterator_changed_meanwhile() -> None:
    room = Room()
    await asyncio.gather(room.tell_all_of_now(), later(5, room.leave))
