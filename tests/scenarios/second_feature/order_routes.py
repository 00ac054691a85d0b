"""Orders over HTTP, with notices that a background task stores."""

from http import HTTPStatus

from fastapi import APIRouter, BackgroundTasks, HTTPException, Request
from pydantic import BaseModel

from .database import Database
from .dependencies import CapitalDep
from .order_store import Order, OrderStore
from .store import UserStore
from .users import User


class TooManyItemsError(Exception):
    """An order has one item."""


class Orders(BaseModel):
    """A new user, and what they order."""

    name: str
    items: list[str]


router = APIRouter(prefix="/orders", tags=["orders"])

RESPONSES: dict[type[Exception], HTTPException] = {
    TooManyItemsError: HTTPException(HTTPStatus.CONFLICT, "One item only."),
}


async def confirm(database: Database) -> None:
    """Store an order more, after the response."""
    async with database.begin() as begun:
        await OrderStore(begun).add(Order(2, 1, "confirmed"))


@router.post("", status_code=HTTPStatus.CREATED)
async def add(orders: Orders, SESSION: CapitalDep, request: Request, tasks: BackgroundTasks) -> int:
    """Store the user and the order, both or neither."""
    await UserStore(SESSION).add(User(1, orders.name, f"{orders.name}@example.com"))
    await OrderStore(SESSION).add(Order(1, 1, orders.items[0]))
    if len(orders.items) > 1:
        raise TooManyItemsError
    tasks.add_task(confirm, request.app.state.database)
    return 1
