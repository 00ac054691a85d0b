"""What a test must close: used by the guard against leaks."""

import asyncio
import gc
import inspect
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from types import CodeType
from typing import Any, NamedTuple, cast

import pytest

from . import internals
from .locations import chain_of, location, location_of_caller, location_of_current_task
from .ownership import Owner, current

GRACE = 1  # seconds to close something
TRIES = 100  # to see that a process has ended
DEPTH = 4  # of references: a thread, its attributes, a bound method, its loop

# Classes, and how to see that an object is open. Add those of your libraries.
CLOSABLE: dict[str, Callable[[Any], bool]] = {
    "aiohttp.ClientSession": lambda session: not session.closed,
    "aiomysql.Connection": lambda connection: not connection.closed,
    "aiosqlite.Connection": lambda connection: connection._connection is not None,
    "asyncio.Server": lambda server: server.is_serving(),
    "asyncmy.Connection": lambda connection: connection.connected,
    "asyncmy.Pool": lambda pool: not (pool._closing or pool._closed),
    "asyncpg.Connection": lambda connection: not connection.is_closed(),
    "asyncpg.Pool": lambda pool: not pool.is_closing(),
    "httpx.AsyncClient": lambda client: not client.is_closed,
    "httpx2.AsyncClient": lambda client: not client.is_closed,
    "psycopg.AsyncConnection": lambda connection: not connection.closed,
    "psycopg_pool.AsyncConnectionPool": lambda pool: not pool.closed,
    "redis.asyncio.ConnectionPool": lambda pool: any(
        connection.is_connected for connection in pool._available_connections
    ),
    "redis.asyncio.client.PubSub": lambda pubsub: (
        pubsub.connection is not None and pubsub.connection.is_connected
    ),
}


class Made(NamedTuple):
    """Something that must be closed, and the line that made it."""

    thing: Any
    is_open: Callable[[Any], bool]
    location: str  # empty for a line of a library
    is_direct: bool  # made by the test or fixture itself, not by an object that it uses
    task: str = ""  # the line that made the task of a library, if that made it


noting: dict[str, type[Any]] = {}  # the classes above that are imported
modules = 0  # imported when they were last counted


def note_classes(patch: pytest.MonkeyPatch) -> list[type[Any]]:
    """Note from now on every object of the classes that were imported since."""
    global modules
    if len(sys.modules) == modules:
        return []
    modules = len(sys.modules)
    new = []
    for name, is_open in CLOSABLE.items():
        kind = None if name in noting else internals.imported(name)
        # Not a stub of the tests, which need not have what `is_open` reads.
        if kind and kind.__module__.partition(".")[0] == name.partition(".")[0]:
            noting[name] = kind
            note_class(patch, kind, is_open)
            new.append(kind)
    return new


def note_existing(owner: Owner, kinds: list[type[Any]]) -> None:
    """Note the objects of classes that the test itself was the first to import."""
    where = f"a line of {owner.name}"
    for thing in gc.get_objects() if kinds else ():
        if type(thing) in kinds:
            name = next(name for name in noting if noting[name] is type(thing))
            owner.made.append(Made(thing, CLOSABLE[name], where, True))


def note_transports(patch: pytest.MonkeyPatch) -> None:
    kind: type[Any]
    for kind in internals.transports():
        note_class(patch, kind, is_open_transport)


def note_threads(patch: pytest.MonkeyPatch) -> None:
    """Note every thread but the daemons that a library keeps for itself."""
    start = threading.Thread.start

    @wraps(start)
    def start_and_note(self: threading.Thread) -> None:
        caller = sys._getframe(1).f_code
        is_own = location(caller.co_filename, 0, "") is not None
        if (owner := current()) and (is_own or not self.daemon):
            where = location_of_caller() or ""
            owner.made.append(Made(self, runs_loop, where, is_own))
        start(self)

    patch.setattr(threading.Thread, "start", start_and_note)


def runs_loop(thread: threading.Thread) -> bool:
    return loop_of(thread) is not None


def ends_soon(thing: object) -> bool:
    """Wait for a thread, which may be ending just now; nothing else does so by itself."""
    if not issubclass(type(thing), threading.Thread):
        return False
    thread = cast(threading.Thread, thing)
    thread.join(GRACE)
    return not runs_loop(thread)


def loop_of(thread: threading.Thread) -> asyncio.AbstractEventLoop | None:
    """Return the event loop that a thread runs."""
    if not thread.is_alive():
        return None
    parts: list[Any] = []
    for frame in chain_of(sys._current_frames().get(thread.ident or 0)):
        parts += frame.f_locals.values()
        if frame.f_code is asyncio.BaseEventLoop.run_forever.__code__:
            return cast(asyncio.AbstractEventLoop, frame.f_locals["self"])
    kinds = loops_in_c()
    for _ in range(DEPTH if kinds else 0):  # its caller refers to it
        for part in parts:
            if issubclass(type(part), kinds) and part.is_running():
                return cast(asyncio.AbstractEventLoop, part)
        parts = gc.get_referents(*parts)
    return None


def loops_in_c() -> tuple[type[asyncio.AbstractEventLoop], ...]:
    """Return the classes of loops that run without a frame, such as uvloop's."""
    kinds = asyncio.AbstractEventLoop.__subclasses__()
    return tuple(kind for kind in kinds if kind is not asyncio.BaseEventLoop)


def is_open_transport(transport: Any) -> bool:
    """Tell whether a transport is open; that under TLS closes after the one above it."""
    is_under_tls = type(transport.get_protocol()).__name__ == "SSLProtocol"
    return not (is_under_tls or transport.is_closing())


def note_class(
    patch: pytest.MonkeyPatch, kind: type[Any], is_open: Callable[[Any], bool]
) -> None:
    init = kind.__init__

    @wraps(init)
    def init_and_note(self: object, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        if not internals.is_accepted(args):
            note(self, is_open, sys._getframe(1).f_code)

    with suppress(TypeError):  # a class of C, whose objects their makers note
        patch.setattr(kind, "__init__", init_and_note)


def note(
    thing: object,
    is_open: Callable[[Any], bool] = is_open_transport,
    maker: CodeType | None = None,
) -> None:
    """Note something that an event loop of pytest's thread has made for a test."""
    owner = current()
    is_here = threading.current_thread() is threading.main_thread()
    if not (owner and is_here and internals.running_loop()):
        return
    where = location_of_caller() or ""
    task = "" if where else location_of_current_task() or ""
    owner.made.append(Made(thing, is_open, where, owner.is_maker(maker), task))


def is_transport(made: Made) -> bool:
    return made.is_open is is_open_transport


def is_thread(made: Made) -> bool:
    return made.is_open is runs_loop


def ends_of(made: Made) -> str:
    """Tell what a transport connects, nothing for other objects."""
    if not is_transport(made):
        return " by a library"
    peer = made.thing.get_extra_info("peername") or "a pipe or file"
    return f", between {type(made.thing.get_protocol()).__name__} and {peer}"


def still_open(made: list[Made]) -> list[Made]:
    """Return what is not closed, each once."""
    found = {}
    for each in made:
        with suppress(Exception):  # an object whose constructor has failed is not open
            if each.is_open(each.thing):
                found[id(each.thing)] = each
    return list(found.values())


def close(thing: Any, loop: asyncio.AbstractEventLoop) -> None:
    """Close something in whatever way it can be closed."""
    if issubclass(type(thing), threading.Thread):
        return  # a stopped `asyncio.run` would raise in the thread
    is_process = hasattr(thing, "get_pid")  # that `close` kills
    names = ("abort", "terminate", "stop", "aclose", "close")[4 if is_process else 0 :]
    methods = (getattr(thing, name) for name in names if hasattr(thing, name))

    async def end() -> None:
        result = next(methods)()
        if inspect.isawaitable(result):
            await result
        for _ in range(TRIES):
            if is_process and thing.get_returncode() is None:
                await asyncio.sleep(GRACE / TRIES)

    with suppress(Exception):
        loop.run_until_complete(asyncio.wait_for(end(), GRACE))
