"""The engine that SQLAlchemy speaks to PostgreSQL through."""

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def create_engine(database_url: str) -> AsyncEngine:
    """Return the engine of a database `postgresql://…`; to be disposed of in the end."""
    url = make_url(database_url).set(drivername="postgresql+asyncpg")
    return create_async_engine(url)
