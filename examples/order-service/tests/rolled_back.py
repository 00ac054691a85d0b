"""A connection to PostgreSQL whose work is rolled back after the test."""

import re
from collections.abc import Callable, MutableMapping, Sequence
from functools import wraps
from inspect import iscoroutinefunction, signature
from typing import Any

import asyncpg

__tracebackhide__ = True  # reports show who called
NOT_OUR_TRANSACTION = (asyncpg.PostgresError, asyncpg.InterfaceError)
# The savepoint tells whether the test has ended our transaction.
BEGIN = "{} %s SAVEPOINT test"
# No rollback releases an advisory lock, or forgets what `lastval()` returns.
ROLLBACK = (
    "ROLLBACK TO SAVEPOINT test; SELECT pg_advisory_unlock_all(); DISCARD SEQUENCES; {}"
)
# Statements that a rollback undoes completely, one at a time. SELECT … INTO makes a
# table, which others that are prepared may not fit.
UNDONE = re.compile(
    r"([\s(]|--[^\n]*\n|/\*.*?\*/)*"
    r"((SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|VALUES|TABLE|COPY|FETCH|MOVE|CLOSE"
    r"|EXPLAIN|SHOW|LOCK|NOTIFY|SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT)\b"
    r"(?!.*(\b(setseed|dblink\w*)|(?<!INSERT)(?<!MERGE)\s+INTO)\b)[^;]*)?;?\s*",
    re.DOTALL | re.IGNORECASE,
)
# The other methods that leave a connection as it was.
HARMLESS = {
    *("close", "terminate", "transaction", "is_closed", "is_in_transaction"),
    *("get_server_pid", "get_server_version", "get_settings", "copy_from_table"),
    *("copy_to_table", "copy_records_to_table"),
}


class Framed(asyncpg.Connection):
    """A connection that can send more along with a statement, which saves round trips."""

    form = "{}"  # of the next statement

    async def execute(self, query: str, *args: Any, **options: Any) -> str:
        form, self.form = self.form, "{}"
        return await super().execute(form.format(query), *args, **options)


class RolledBack(Framed):
    """A connection that knows whether a rollback undoes all that was done with it."""

    is_undone = True
    caches: Sequence[MutableMapping[Any, Any]] = ()

    def restore_methods(self) -> None:
        """Remove what the test has replaced on this object, such as `execute`."""
        for name in vars(self).keys() - {"form", "is_undone", "caches"}:
            delattr(self, name)

    async def note_change(self) -> None:
        """Note that this connection must not serve another test."""
        if self.is_undone:
            self.is_undone = False
            # Statements that earlier tests have prepared may not fit what changes.
            for cache in self.caches:
                cache.clear()
            await super().reload_schema_state()


def watched(name: str) -> Callable[..., Any]:
    """Return a method of a connection that notes what a rollback does not undo."""
    method = getattr(Framed, name)
    takes_statement = not {"query", "command"}.isdisjoint(signature(method).parameters)

    def is_undone(args: tuple[Any, ...]) -> bool:
        return takes_statement and bool(args) and bool(UNDONE.fullmatch(args[0]))

    @wraps(method)
    async def call(self: RolledBack, *args: Any, **options: Any) -> Any:
        if not is_undone(args):
            await self.note_change()
        return await getattr(super(RolledBack, self), name)(*args, **options)

    @wraps(method)
    def call_sync(self: RolledBack, *args: Any, **options: Any) -> Any:
        self.is_undone = self.is_undone and is_undone(args)
        return getattr(super(RolledBack, self), name)(*args, **options)

    return call if iscoroutinefunction(method) else call_sync


for name in vars(asyncpg.Connection):
    if not name.startswith("_") and name not in HARMLESS:
        setattr(RolledBack, name, watched(name))
