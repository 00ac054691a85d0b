"""One insert and one select in a session that may commit: the template's fixture."""

from demo.store import UserRow
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession


async def test_round_trip(session: AsyncSession) -> None:
    session.add(UserRow(id=1, name="Ada", email="ada@example.com"))
    await session.commit()
    statement = select(UserRow.name).where(UserRow.id == 1)
    assert await session.scalar(statement) == "Ada"
