"""Rows survive migrations, and foreign keys are enforced again after them."""

import pytest
from alembic import command
from demo.migrations import configuration, upgrade

from .test_migrations import call, schema_of


def step_back(connection):
    command.downgrade(configuration(connection), "-1")


def add_rows(connection):
    connection.exec_driver_sql("INSERT INTO users VALUES (1, 'Ada', 'ada@example.com')")
    connection.exec_driver_sql("INSERT INTO orders VALUES (1, 1, 5)")
    connection.commit()


def rows(connection):
    return [*connection.exec_driver_sql("SELECT * FROM orders")]


def test_rows_that_refer_to_a_changed_table_stay(fresh_database_url):
    call(step_back, fresh_database_url)
    call(add_rows, fresh_database_url)
    before = call(rows, fresh_database_url)
    call(upgrade, fresh_database_url)
    assert call(rows, fresh_database_url) == before
    call(step_back, fresh_database_url)
    assert call(rows, fresh_database_url) == before


def test_foreign_keys_are_checked_afterwards(fresh_database_url):
    def add_wrong_row(connection):
        connection.exec_driver_sql("INSERT INTO orders VALUES (1, 99, 5)")
        connection.commit()

    with pytest.raises(Exception, match=r"(?i)foreign"):
        call(add_wrong_row, fresh_database_url)
