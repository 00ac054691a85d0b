"""The engine that SQLAlchemy speaks to SQLite through."""

from sqlalchemy import Connection, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def create_engine(database_url: str) -> AsyncEngine:
    """Return the engine of a database `file:…`; dispose of it when done."""
    joint = "&" if "?" in database_url else "?"
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{database_url}{joint}uri=true",
        connect_args={"isolation_level": None},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: DBAPIConnection, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        # SQLAlchemy alone begins and ends transactions.
        connection.exec_driver_sql("BEGIN")

    return engine
