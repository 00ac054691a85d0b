"""A cache of users in Redis, in front of whatever fetches them."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta

from redis.asyncio import Redis
from redis.exceptions import RedisError

from .users import User

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class _Lookup:
    task: asyncio.Task[User]
    callers: int = 0


class UserCache:
    """Users from `fetch`, kept in Redis for `ttl`.

    If Redis fails, the user is fetched and a warning is logged.
    """

    def __init__(
        self,
        redis: Redis,
        fetch: Callable[[int], Awaitable[User]],
        *,
        ttl: timedelta = timedelta(minutes=5),
        prefix: str = "",
    ) -> None:
        self._redis = redis
        self._fetch = fetch
        self._ttl = ttl
        self._prefix = prefix
        self._lookups: dict[int, _Lookup] = {}

    def key(self, user_id: int) -> str:
        """Return the key under which a user is kept."""
        return f"{self._prefix}user:{user_id}"

    async def get(self, user_id: int) -> User:
        """Return the user with this id; concurrent callers share one fetch.

        Raises what `fetch` raises, for all of these callers; failures are not cached.
        """
        lookup = self._lookups.get(user_id)
        if lookup is None or lookup.task.done():
            lookup = _Lookup(asyncio.create_task(self._look_up(user_id)))
            self._lookups[user_id] = lookup
        lookup.callers += 1
        try:
            # Unlike `await lookup.task`, this does not cancel the task with its caller.
            await asyncio.wait([lookup.task])
        finally:
            lookup.callers -= 1
            if not lookup.callers:
                await self._end(user_id, lookup)
        return lookup.task.result()

    async def _end(self, user_id: int, lookup: _Lookup) -> None:
        """Discard a lookup without callers, and cancel it if it is still running."""
        if self._lookups.get(user_id) is lookup:
            del self._lookups[user_id]
        if lookup.task.cancel():
            await asyncio.wait([lookup.task])

    async def _look_up(self, user_id: int) -> User:
        key = self.key(user_id)
        try:
            found = await self._redis.get(key)
        except RedisError as error:
            logger.warning("Redis cannot be read: %r", error)
            return await self._fetch(user_id)
        if found is not None:
            # Another version of this code may have written something else.
            with suppress(ValueError, TypeError):
                return User(**json.loads(found))
        user = await self._fetch(user_id)
        try:
            await self._redis.set(key, json.dumps(asdict(user)), ex=self._ttl)
        except RedisError as error:
            logger.warning("Redis cannot be written: %r", error)
        return user
