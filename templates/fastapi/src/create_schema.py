{% set migrated = cookiecutter.__migrations == "alembic" -%}
"""{{ "Run the migrations" if migrated else "Create the tables" }}: `python -m {{ cookiecutter.package_name }}.create_schema`."""

import asyncio
import os
import sys

from .checks import CannotConnectError, check_database
from .database import create_schema


async def main() -> None:
    """{{ "Migrate" if migrated else "Create the tables of" }} the database that the variable DATABASE_URL names."""
    database_url = os.environ.get("DATABASE_URL")
    if not database_url:
        sys.exit("DATABASE_URL is missing")
    try:
        await check_database(database_url)
    except CannotConnectError as error:
        sys.exit(str(error))
    await create_schema(database_url)


if __name__ == "__main__":
    asyncio.run(main())
