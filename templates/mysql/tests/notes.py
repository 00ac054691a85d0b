"""A table for the tests of the database itself."""

from {{ cookiecutter.package_name }}.database import Connection, execute

NOTES = "notes (text VARCHAR(100) NOT NULL)"


async def create_notes(connection: Connection) -> None:
    await execute(connection, f"CREATE TABLE {NOTES}")


async def add_note(connection: Connection, text: str) -> None:
    await execute(connection, "INSERT INTO notes VALUES (%s)", text)


async def read_notes(connection: Connection) -> list[str]:
    rows = await execute(connection, "SELECT text FROM notes ORDER BY text")
    return [text for (text,) in rows]
