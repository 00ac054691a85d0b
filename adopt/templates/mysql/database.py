"""How the fixtures reach MySQL before the project's own code does."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncmy

from . import schema


async def create_schema(database_url: str) -> None:
    """Create in an empty database what the setting `database_schema` names."""
    await schema.create(database_url, execute_script)


async def execute_script(database_url: str, statements: str) -> None:
    async with asyncmy.connect(**arguments_of(database_url)) as connection:
        await execute(connection, statements)


async def execute(connection: asyncmy.Connection, statements: str) -> None:
    async with connection.cursor() as cursor:
        await cursor.execute(statements)
        while await cursor.nextset():
            pass


{% include "mysql/src/arguments.py" -%}
