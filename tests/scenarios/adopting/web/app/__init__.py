from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI, Request


def create_app(url: str) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI):
        async with asyncpg.create_pool(url, min_size=0) as pool:
            app.state.pool = pool
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/orders", status_code=201)
    async def add(request: Request, name: str) -> int:
        return await request.app.state.pool.fetchval(
            "INSERT INTO orders (name) VALUES ($1) RETURNING id", name
        )

    @app.get("/orders/count")
    async def count(request: Request) -> int:
        return await request.app.state.pool.fetchval("SELECT count(*) FROM orders")

    return app
