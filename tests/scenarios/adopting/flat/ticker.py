import asyncio


class Ticker:
    """Counts in the background until it is stopped."""

    def __init__(self):
        self.count = 0
        self.task = None

    async def start(self):
        self.task = asyncio.create_task(self._run())
        await asyncio.sleep(0)

    async def _run(self):
        while True:
            self.count += 1
            await asyncio.sleep(0.01)

    async def stop(self):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def fail(message):
    raise ValueError(message)
