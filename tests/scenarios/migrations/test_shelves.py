"""Each database has what the migrations make: rows, keys, checks, generated columns, views."""

import pytest

from .test_migrations import call

NAMES = ["one", "two", "three"]


def run(database_url, statement):
    def execute(connection):
        result = connection.exec_driver_sql(statement)
        rows = [tuple(row) for row in result] if result.returns_rows else []
        connection.commit()
        return rows

    return call(execute, database_url)


@pytest.mark.parametrize("name", NAMES)
def test_rows_and_generated_columns(fresh_database_url, name):
    run(fresh_database_url, "INSERT INTO shelves (id) VALUES (3)")
    assert run(fresh_database_url, "SELECT id, width, twice FROM shelves ORDER BY id") == [
        (1, 5, 10),
        (2, 6, 12),
        (3, 7, 14),
    ]
    assert run(fresh_database_url, "SELECT max(id) FROM SEEN") == [(3,)]


@pytest.mark.parametrize("name", NAMES)
def test_foreign_keys_and_checks(fresh_database_url, name):
    run(fresh_database_url, "INSERT INTO boxes VALUES (1, 2)")
    with pytest.raises(Exception, match=r"(?i)foreign"):
        run(fresh_database_url, "INSERT INTO boxes VALUES (2, 9)")
    with pytest.raises(Exception, match=r"(?i)check|constraint"):
        run(fresh_database_url, "INSERT INTO shelves (id, width) VALUES (9, -1)")
