"""What a test can change about the application, which may run as long as the event loop."""

import pytest
from fastapi import APIRouter
from starlette.responses import PlainTextResponse

pytestmark = pytest.mark.asyncio
twice = pytest.mark.parametrize("time", ["first", "second"])


@twice
async def test_state(app, client, time):
    assert not hasattr(app.state, "own")
    assert app.state.settings.job_limit != 77
    app.state.own = 1
    app.state.settings = app.state.settings.model_copy(update={"job_limit": 77})


@twice
async def test_routes_and_attributes(app, client, time):
    assert app.title == "demo"
    assert (await client.get("/own")).status_code == 404
    router = APIRouter()
    router.add_api_route("/own", lambda: "one")
    app.include_router(router)
    app.title = "own"
    assert (await client.get("/own")).json() == "one"
    assert "/own" in (await client.get("/openapi.json")).json()["paths"]


@twice
async def test_document(client, time):
    assert "/own" not in (await client.get("/openapi.json")).json()["paths"]


@twice
async def test_handlers_and_middleware(app, client, time):
    def fail():
        raise ZeroDivisionError

    async def respond(request, error):
        return PlainTextResponse("handled")

    async def count(request, call_next):
        counted.append(request)
        return await call_next(request)

    counted = []
    assert ZeroDivisionError not in app.exception_handlers
    assert not app.user_middleware
    app.add_exception_handler(ZeroDivisionError, respond)
    app.middleware("http")(count)
    app.add_api_route("/fail", fail)
    assert (await client.get("/fail")).text == "handled"
    assert len(counted) == 1


@twice
async def test_replaced_attributes(app, client, time):
    app.dependency_overrides = {}
    app.router.routes = []
    assert (await client.get("/health")).status_code == 404


@twice
async def test_all_is_there(client, time):
    assert (await client.get("/health")).status_code == 200
