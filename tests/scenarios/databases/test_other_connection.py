import sqlite3
from contextlib import closing

import pytest

left_open = []


def connect_and_commit(database_url):
    other = sqlite3.connect(database_url, uri=True)
    with other:
        other.execute("INSERT OR REPLACE INTO users VALUES (1, 'Ada', 'ada@example.com')")
    return other


@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_another_connection_commits(store, database_url, time):
    assert await store.count() == 0
    connect_and_commit(database_url).close()


@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second", "third"])
async def test_another_connection_is_left_open(store, database_url, time):
    assert await store.count() == 0
    for other in left_open:
        other.close()
    left_open.append(connect_and_commit(database_url))


def test_file_needs_no_switch_to_wal(fresh_database_url):
    with closing(sqlite3.connect(fresh_database_url, uri=True)) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_there_is_no_transaction_to_roll_back(database_url):
    connect_and_commit(database_url).close()


@pytest.mark.asyncio
async def test_last(store, database_url):
    left_open.pop().close()
    assert await store.count() == 0
    with closing(sqlite3.connect(database_url, uri=True)) as other:
        assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_connection_to_something_else_is_closed(copy_in_memory, tmp_path):
    closed = []

    class Watched(copy_in_memory.__base__):  # production's
        def close(self):
            closed.append(self)
            super().close()

    file = tmp_path / "text.sqlite"
    file.write_text("no database " * 1000)
    with pytest.raises(sqlite3.DatabaseError, match="file is not a database"):
        Watched(file)
    assert len(closed) == 1
