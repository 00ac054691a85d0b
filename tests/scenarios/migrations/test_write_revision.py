"""Write the migration of a new table, as a developer does."""

from .test_commands import alembic


def test_write_revision(fresh_database_url):
    written = alembic(fresh_database_url, "revision", "--autogenerate", "-m", "Add orders")
    assert written.returncode == 0, written.stdout
    upgraded = alembic(fresh_database_url, "upgrade", "head")
    assert upgraded.returncode == 0, upgraded.stdout
