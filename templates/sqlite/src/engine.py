"""The engine that SQLAlchemy speaks to SQLite through."""

import sqlite3
from contextlib import ExitStack
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


{% include "sqlite/src/connection.py" %}

def create_engine(database_url: str) -> AsyncEngine:
    """Return the engine of a database `file:…`; dispose of it when done."""
    joint = "&" if "?" in database_url else "?"
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{database_url}{joint}uri=true",
        connect_args={"isolation_level": None, "factory": SQLiteConnection},
    )

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        # SQLAlchemy alone begins and ends transactions.
        connection.exec_driver_sql("BEGIN")

    return engine
