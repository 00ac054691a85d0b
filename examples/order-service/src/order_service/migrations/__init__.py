"""The migrations of the database schema: one in each module of `versions`."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def configuration(connection: Connection) -> Config:
    """Return the configuration for commands of Alembic on an open connection."""
    config = Config()
    config.set_main_option("script_location", __name__.replace(".", ":"))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Bring the schema to the newest revision."""
    command.upgrade(configuration(connection), "head")
