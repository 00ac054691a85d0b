"""What the fixtures of many workers do, all at the same time."""

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from threading import Barrier, Thread

from tests.fixtures.database import open_database
from tests.fixtures.database_urls import open_server

statement, workers = sys.argv[1], int(sys.argv[2])
together = Barrier(workers)
names, ready, failed = set(), [], []


async def databases(server):
    rows = await server.execute(statement)
    return {row if isinstance(row, str) else row[0] for row in rows}


async def work(server, worker):
    # The second is the ten thousandth database of a test of this worker.
    own = [f"{server.prefix}_gw{worker}", f"{server.prefix}_gw{worker}_9999"]
    for name in own:
        await server.clone(name)
    names.update(await databases(server) & set(own))
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(open_database(server.url_of(name))) for name in own
        ]
        for database in opened:
            for _ in range(2):
                await stack.enter_async_context(database.begin())
        together.wait(60)
    ready.append(worker)


with open_server(None) as server:
    before = asyncio.run(databases(server)) - {server.template}
    threads = [
        Thread(target=lambda worker=worker: asyncio.run(work(server, worker)))
        for worker in range(workers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asyncio.run(server.drop_all())
    left = asyncio.run(databases(server)) - before
    counted = {"workers": len(ready), "names": len(names), "left": len(left)}
    print(json.dumps(counted))
