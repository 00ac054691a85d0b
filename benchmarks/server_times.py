"""Run in a generated project: print, as JSON, the milliseconds that its server takes."""

import asyncio
import json
import time
from contextlib import contextmanager

from tests.fixtures.database_urls import open_server

TIMES = {}


@contextmanager
def timed(what):
    began = time.perf_counter()
    yield
    TIMES[what] = (time.perf_counter() - began) * 1000


with timed("start and stop"):
    with timed("ready, with the schema"):
        opened = open_server(None)
        server = opened.__enter__()
    with timed("the database of a worker"):
        asyncio.run(server.clone(f"{server.prefix}_worker"))
    with timed("a fresh database"):
        asyncio.run(server.clone(f"{server.prefix}_fresh"))
        asyncio.run(server.drop(f"{server.prefix}_fresh"))
    with timed("stop"):
        opened.__exit__(None, None, None)
print(json.dumps(TIMES))
