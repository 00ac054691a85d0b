import asyncio
import unittest

from inventory import Inventory


class InventoryTest(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.inventory = Inventory()

    async def test_add(self):
        await self.inventory.add("screw", 3)
        self.assertEqual(self.inventory.items, {"screw": 3})

    async def test_add_twice(self):
        self.inventory.add("screw")
        await self.inventory.add("screw")
        self.assertIn("screw", self.inventory.items)

    async def test_server(self):
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        self.assertTrue(server.is_serving())


class PlainTest(unittest.TestCase):
    def test_empty(self):
        self.assertEqual(asyncio.run(names()), [])


async def names():
    return sorted(Inventory().items)
