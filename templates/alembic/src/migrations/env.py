{% set is_sqlite = cookiecutter.database == "sqlite" -%}
{% set is_mysql = cookiecutter.database == "mysql" -%}
"""How Alembic reaches the database: it executes this file for each command."""

import asyncio
import logging
import os
from concurrent.futures import ThreadPoolExecutor

from alembic import context
{% if is_mysql -%}
from alembic.operations.ops import (
    DropIndexOp,
    DropTableOp,
    MigrationScript,
    ModifyTableOps,
)
{% endif -%}
from alembic.util import CommandError
from sqlalchemy import Connection

from {{ cookiecutter.package_name }}.checks import (
    CannotConnectError,
    check_database,
)
from {{ cookiecutter.package_name }}.database import Base
from {{ cookiecutter.package_name }}.discovery import import_modules
from {{ cookiecutter.package_name }}.engine import create_engine


{% if is_sqlite -%}
def migrate(connection: Connection) -> None:
    """Run the command in one transaction, which ends without broken foreign keys."""
    # A batch replaces a table: dropping the old one would delete the rows that refer to it.
    set_foreign_keys(connection, "OFF")
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        transactional_ddl=True,
    )
    try:
        with context.begin_transaction():
            context.run_migrations()
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if broken:
                raise CommandError(f"Rows refer to rows that do not exist: {broken}")
    finally:
        set_foreign_keys(connection, "ON")


def set_foreign_keys(connection: Connection, state: str) -> None:
    """Switch the check of foreign keys; SQLite ignores this inside a transaction."""
    cursor = connection.connection.cursor()
    cursor.execute(f"PRAGMA foreign_keys = {state}")
    cursor.close()
{%- else -%}
def migrate(connection: Connection) -> None:
    """Run the command on a connection."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
{% if is_mysql %}        process_revision_directives=drop_indexes_with_their_table,
{% endif %}    )
    with context.begin_transaction():
        context.run_migrations()
{%- if is_mysql %}


def drop_indexes_with_their_table(
    _: object, __: object, scripts: list[MigrationScript]
) -> None:
    """Leave out that indexes are dropped first: a foreign key may need one."""
    for script in scripts:
        for steps in (*script.upgrade_ops_list, *script.downgrade_ops_list):
            dropped = {
                step.table_name for step in steps.ops if isinstance(step, DropTableOp)
            }
            for step in steps.ops:
                if isinstance(step, ModifyTableOps) and step.table_name in dropped:
                    step.ops = [
                        op for op in step.ops if not isinstance(op, DropIndexOp)
                    ]
{%- endif %}
{%- endif %}


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
        dialect_name="{{ cookiecutter.database }}",
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
