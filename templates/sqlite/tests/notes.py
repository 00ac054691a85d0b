"""A table for the tests of the database itself."""

from {{ cookiecutter.package_name }}.database import Connection

NOTES = "notes (text VARCHAR(100) NOT NULL)"


async def create_notes(connection: Connection) -> None:
    await connection.execute(f"CREATE TABLE {NOTES}")


async def add_note(connection: Connection, text: str) -> None:
    await connection.execute("INSERT INTO notes VALUES (?)", [text])


async def read_notes(connection: Connection) -> list[str]:
    async with connection.execute("SELECT text FROM notes ORDER BY text") as cursor:
        return [text for (text,) in await cursor.fetchall()]
