"""A table for the tests of the database itself."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

NOTES = "notes (text VARCHAR(100) NOT NULL)"


async def create_notes(session: AsyncSession) -> None:
    await session.execute(text(f"CREATE TABLE {NOTES}"))


async def add_note(session: AsyncSession, note: str) -> None:
    await session.execute(text("INSERT INTO notes VALUES (:note)"), {"note": note})


async def read_notes(session: AsyncSession) -> list[str]:
    return [*await session.scalars(text("SELECT text FROM notes ORDER BY text"))]
