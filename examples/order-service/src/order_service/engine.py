"""SQLAlchemy's engine for PostgreSQL."""

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

CONNECT_TIMEOUT = 10  # seconds


def create_engine(database_url: str) -> AsyncEngine:
    """Return the engine of a database `postgresql://…`; dispose of it when done."""
    url = make_url(database_url).set(drivername="postgresql+asyncpg")
    return create_async_engine(url, connect_args={"timeout": CONNECT_TIMEOUT})
