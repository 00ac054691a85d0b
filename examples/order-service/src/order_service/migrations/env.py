"""How Alembic reaches the database: it executes this file for each command."""

import asyncio
import logging
import os
from concurrent.futures import ThreadPoolExecutor

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection

from order_service.checks import (
    CannotConnectError,
    check_database,
)
from order_service.database import Base
from order_service.discovery import import_modules
from order_service.engine import create_engine


def migrate(connection: Connection) -> None:
    """Run the command on a connection."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_migrate() -> None:
    """Run the command on the database of the variable DATABASE_URL."""
    database_url = os.environ.get("DATABASE_URL")
    if not database_url:
        raise CommandError("DATABASE_URL is missing")
    try:
        await check_database(database_url)
    except CannotConnectError as error:
        raise CommandError(str(error)) from error
    engine = create_engine(database_url)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
    finally:
        await engine.dispose()


def print_sql() -> None:
    """Print the statements of the command (`--sql`) instead of executing them."""
    context.configure(
        dialect_name="postgresql",
        target_metadata=Base.metadata,
        literal_binds=True,
    )
    with context.begin_transaction():
        context.run_migrations()


import_modules("store")
if context.config.cmd_opts:  # the command line
    logging.basicConfig(level=logging.INFO, format="%(message)s")
if context.is_offline_mode():
    print_sql()
elif connection := context.config.attributes.get("connection"):
    migrate(connection)
else:
    # In a thread, because the caller may be inside a running event loop.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, connect_and_migrate()).result()
