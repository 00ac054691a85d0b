"""Orders in a MySQL database."""

from dataclasses import dataclass

from .database import SCHEMA, Connection, execute
from .store import UserStore

SCHEMA.append("""
CREATE TABLE orders (
    id integer PRIMARY KEY,
    user_id integer NOT NULL,
    item varchar(200) NOT NULL,
    FOREIGN KEY (user_id) REFERENCES users (id)
)
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
        await execute(
            self._connection,
            "INSERT INTO orders (id, user_id, item) VALUES (%s, %s, %s)",
            order.id,
            order.user_id,
            order.item,
        )

    async def items(self) -> list[str]:
        """Return all that was ordered."""
        statement = "SELECT item FROM orders ORDER BY id"
        return [str(item) for (item,) in await execute(self._connection, statement)]
