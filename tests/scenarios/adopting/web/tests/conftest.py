import os

import asyncpg
import httpx
import pytest

from app import create_app


@pytest.fixture(scope="session")
def url():
    return os.environ["TEST_DATABASE_URL"]


@pytest.fixture(scope="session")
async def app(url):
    app = create_app(url)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def connection(url):
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE IF NOT EXISTS orders (id serial, name text)")
    await connection.execute("TRUNCATE orders")
    yield connection
    await connection.close()


@pytest.fixture
async def client(app, connection):
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client
