NOT_OUR_TRANSACTION = (asyncpg.PostgresError, asyncpg.InterfaceError)
# The savepoint tells whether the test has ended our transaction.
BEGIN = "{} SAVEPOINT test"
# Advisory locks are what no rollback takes back.
ROLLBACK = "ROLLBACK TO SAVEPOINT test; SELECT pg_advisory_unlock_all(); {}"


class RolledBack(asyncpg.Connection):
    """Sends more along with a statement, which saves journeys; knows if it listens."""

    form = "{}"  # of the next statement
    listens = False

    async def execute(self, query: str, *args: Any, **options: Any) -> str:
        form, self.form = self.form, "{}"
        return await super().execute(form.format(query), *args, **options)

    async def add_listener(self, channel: str, callback: Any) -> None:
        self.listens = True
        await super().add_listener(channel, callback)
