"""The migrations create the schema of the models, and can be undone."""

import asyncio
from collections.abc import Callable
from typing import Any

from alembic import command
from sqlalchemy import Connection, inspect

from {{ cookiecutter.package_name }}.database import Base
from {{ cookiecutter.package_name }}.engine import create_engine
from {{ cookiecutter.package_name }}.migrations import configuration, upgrade


def call(function: Callable[[Connection], Any], database_url: str) -> Any:
    """Call a function with a new connection."""

    async def connect_and_call() -> Any:
        engine = create_engine(database_url)
        try:
            async with engine.connect() as connection:
                return await connection.run_sync(function)
        finally:
            await engine.dispose()

    return asyncio.run(connect_and_call())


def schema_of(connection: Connection) -> dict[str, dict[str, object]]:
    """Return what the database reports of each table except Alembic's own."""
    inspector = inspect(connection)
    return {
        table: {
            "columns": by_name(inspector.get_columns(table)),
            "primary key": inspector.get_pk_constraint(table),
            "foreign keys": by_name(inspector.get_foreign_keys(table)),
            "unique": by_name(inspector.get_unique_constraints(table)),
            "checks": by_name(inspector.get_check_constraints(table)),
            "indexes": by_name(inspector.get_indexes(table)),
        }
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def by_name(reflected: list[Any]) -> dict[str, str]:
    """Return reflected items in a fixed order, as text: types do not compare."""
    return {one["name"]: repr(one) for one in reflected}


def downgrade(connection: Connection) -> None:
    command.downgrade(configuration(connection), "base")


def create_all(connection: Connection) -> None:
    Base.metadata.create_all(connection)
    connection.commit()


def test_migrations_give_the_schema_of_the_models(fresh_database_url: str) -> None:
    migrated = call(schema_of, fresh_database_url)

    call(downgrade, fresh_database_url)
    call(create_all, fresh_database_url)

    by_models = call(schema_of, fresh_database_url)
    hint = "`alembic revision --autogenerate` adds what is missing"
    assert migrated == by_models, hint


def test_migrations_can_be_undone_and_repeated(fresh_database_url: str) -> None:
    migrated = call(schema_of, fresh_database_url)

    call(downgrade, fresh_database_url)
    assert call(schema_of, fresh_database_url) == {}

    call(upgrade, fresh_database_url)
    assert call(schema_of, fresh_database_url) == migrated
