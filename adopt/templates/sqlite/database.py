"""How the fixtures reach SQLite before the project's own code does."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiosqlite

from . import schema

Connection = aiosqlite.Connection
SQLiteConnection = sqlite3.Connection  # or a subclass with this project's settings


async def create_schema(database_url: str) -> None:
    """Create in an empty database what the setting `database_schema` names."""
    await schema.create(database_url, execute_script)


async def execute_script(database_url: str, statements: str) -> None:
    async with connect(database_url) as connection:
        await connection.executescript(statements)


@asynccontextmanager
async def connect(
    database_url: str, factory: type[sqlite3.Connection] = SQLiteConnection
) -> AsyncIterator[Connection]:
    """Open a database `file:…`, and close it in the end."""
    async with aiosqlite.connect(
        database_url, uri=True, factory=factory
    ) as connection:
        yield connection
