"""Brings users from the remote API into the database."""

from collections.abc import Iterable

from .api import UserApi
from .concurrency import map_bounded
from .store import UserStore


async def import_users(
    api: UserApi, store: UserStore, user_ids: Iterable[int], *, limit: int = 10
) -> int:
    """Fetch the users, `limit` at a time, store all of them or none, say how many.

    Raises what the API raised in an ExceptionGroup, and UserExistsError.
    """
    users = await map_bounded(api.fetch, user_ids, limit=limit)
    await store.add(*users)
    return len(users)
