"""Orders of new users, outside of any request."""

from .database import Database
from .order_store import Order, OrderStore
from .shipping import ShippingApi
from .store import UserStore
from .users import User


async def order(database: Database, shipping: ShippingApi, user: User, order: Order) -> int:
    """Store a user and the order, both or neither; return the price of shipping."""
    async with database.begin() as begun:
        await UserStore(begun).add(user)
        await OrderStore(begun).add(order)
        return await shipping.price(order.item)
