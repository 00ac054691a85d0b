import asyncio


class Inventory:
    def __init__(self):
        self.items = {}
        self.changed = asyncio.Event()

    async def add(self, name, count=1):
        self.items[name] = self.items.get(name, 0) + count
        self.changed.set()

    async def follow(self, see):
        while True:
            await self.changed.wait()
            self.changed.clear()
            see(dict(self.items))
