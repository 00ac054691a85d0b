"""Routes that begin transactions themselves are inside the one of the test, too."""

import pytest
from demo.store import UserStore
from demo.users import User
from fastapi import Request


async def add_twice(request: Request) -> int:
    database = request.app.state.database
    async with database.begin() as outer:
        await UserStore(outer).add(User(1, "Ada", "ada@example.com"))
        async with database.begin() as inner:
            await UserStore(inner).add(User(2, "Bob", "bob@example.com"))
    async with database.begin() as later:
        return await UserStore(later).count()


@pytest.fixture
def own_database(app):
    database = app.state.database
    yield
    assert app.state.database is database


@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_own_transactions(app, own_database, client, store, time):
    app.add_api_route("/twice", add_twice)
    assert (await client.get("/twice")).json() == 2
    assert await store.count() == 2
