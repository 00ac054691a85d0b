class SQLiteConnection(sqlite3.Connection):
    """A connection that enforces foreign keys, on a database with a write-ahead log."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        try:
            self.executescript("PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL")
        except sqlite3.Error:
            self.close()
            raise
