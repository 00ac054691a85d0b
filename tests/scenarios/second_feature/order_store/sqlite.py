"""Orders in an SQLite database."""

from dataclasses import dataclass

from .database import SCHEMA, Connection
from .store import UserStore

SCHEMA.append("""
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users (id),
    item TEXT NOT NULL
) STRICT;
""")


@dataclass(frozen=True)
class Order:
    """What a user has ordered."""

    id: int
    user_id: int
    item: str


class OrderStore:
    """The orders in the database behind `connection`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, order: Order) -> None:
        """Store an order; raises UserNotFoundError."""
        await UserStore(self._connection).get(order.user_id)
        await self._connection.execute(
            "INSERT INTO orders (id, user_id, item) VALUES (?, ?, ?)",
            (order.id, order.user_id, order.item),
        )

    async def items(self) -> list[str]:
        """Return all that was ordered."""
        async with self._connection.execute("SELECT item FROM orders ORDER BY id") as cursor:
            return [item async for (item,) in cursor]
