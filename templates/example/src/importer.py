"""Brings users from the remote API into the database."""

from collections.abc import Iterable

from .api import UserApi
from .concurrency import map_bounded
from .store import UserStore


async def import_users(
    api: UserApi, store: UserStore, user_ids: Iterable[int], *, limit: int = 10
) -> int:
    """Fetch users, `limit` at a time, store all or none of them, return their number.

    Raises UserExistsError, and an ExceptionGroup of what the API raised.
    """
    users = await map_bounded(api.fetch, user_ids, limit=limit)
    await store.add(*users)
    return len(users)
