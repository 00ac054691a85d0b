"""Orders in a database, through SQLAlchemy."""

from dataclasses import dataclass

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from .database import Base
from .store import UserStore


@dataclass(frozen=True)
class Order:
    """What a user has ordered."""

    id: int
    user_id: int
    item: str


class OrderRow(Base):
    """A row of the table of orders."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    item: Mapped[str] = mapped_column(String(200))


class OrderStore:
    """The orders in the database behind `session`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, order: Order) -> None:
        """Store an order; raises UserNotFoundError."""
        await UserStore(self._session).get(order.user_id)
        row = OrderRow(id=order.id, user_id=order.user_id, item=order.item)
        self._session.add(row)
        await self._session.flush()

    async def items(self) -> list[str]:
        """Return all that was ordered."""
        rows = await self._session.scalars(select(OrderRow.item).order_by(OrderRow.id))
        return list(rows)
