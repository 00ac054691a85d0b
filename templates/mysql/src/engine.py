"""The engine that SQLAlchemy speaks to MySQL through."""

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def create_engine(database_url: str) -> AsyncEngine:
    """Return the engine of a database `mysql://…`; dispose of it when done."""
    url = make_url(database_url).set(drivername="mysql+asyncmy")
    return create_async_engine(url)
