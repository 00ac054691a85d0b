from typing import Annotated

import pytest
from demo.database import get_store
from demo.store import UserStore
from fastapi import Depends, Request


async def get_other_store(request: Request):
    async for store in get_store(request):
        yield store


async def count(store: Annotated[UserStore, Depends(get_other_store)]) -> int:
    return await store.count()


@pytest.fixture
def own_database(app):
    database = app.state.database
    yield
    assert app.state.database is database


@pytest.mark.asyncio
async def test_route_past_the_store(app, own_database, client):
    app.add_api_route("/past", count)
    with pytest.raises(RuntimeError, match="override what it depends on"):
        await client.get("/past")

    app.dependency_overrides[get_other_store] = app.dependency_overrides[get_store]
    assert (await client.get("/past")).json() == 0
