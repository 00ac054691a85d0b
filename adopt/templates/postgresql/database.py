"""How the fixtures reach PostgreSQL before the project's own code does."""

import asyncpg

from . import schema


async def create_schema(database_url: str) -> None:
    """Create in an empty database what the setting `database_schema` names."""
    await schema.create(database_url, execute_script)


async def execute_script(database_url: str, statements: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(statements)
    finally:
        await connection.close()
