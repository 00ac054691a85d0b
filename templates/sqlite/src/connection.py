class SQLiteConnection(sqlite3.Connection):
    """A connection that enforces foreign keys, on a database with a write-ahead log."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        with ExitStack() as failed:
            failed.callback(self.close)
            self.executescript("PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL")
            failed.pop_all()
