from typing import Annotated

import pytest
from fastapi import Depends


def user() -> str:
    return "nobody"


async def say(name: Annotated[str, Depends(user)]) -> str:
    return name


@pytest.fixture(scope="session", autouse=True)
def log_in(app):
    app.add_api_route("/user", say)
    app.dependency_overrides[user] = lambda: "Ada"


@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_user(app, client, time):
    assert (await client.get("/user")).json() == "Ada"
    app.dependency_overrides[user] = lambda: "Bob"
    assert (await client.get("/user")).json() == "Bob"


def test_nothing_else_is_left(app):
    assert set(app.dependency_overrides) == {user}
