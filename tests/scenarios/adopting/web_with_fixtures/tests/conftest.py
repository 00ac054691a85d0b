import asyncpg
import httpx
import pytest

from app import create_app

pytest_plugins = ["guards", "guards.fixtures"]


@pytest.fixture
async def app(fresh_database_url):
    app = create_app(fresh_database_url)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(app):
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture
async def stored(fresh_database_url):
    stored = await asyncpg.connect(fresh_database_url)
    yield stored
    await stored.close()
