"""MySQL for tests: one server for the run, databases of their own for its tests."""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import {% if cookiecutter.data_access != "driver" %}parse_qsl, {% endif %}quote, {% if cookiecutter.data_access != "driver" %}unquote, {% endif %}urlsplit
from uuid import uuid4

import asyncmy
import pytest
from asyncmy.errors import MySQLError as DatabaseError

{% if cookiecutter.data_access == "driver" -%}
from {{ cookiecutter.package_name }}.store import arguments_of, create_schema
{% else -%}
from {{ cookiecutter.package_name }}.store import create_schema
{% endif %}
from ..servers import NO_SERVER, keep_server, make_folder, worker_of

NEEDED = "mysql://user:password@host:3306/mysql"
NUMBERS = count()
SERVER = pytest.StashKey["Server"]()


class Server(NamedTuple):
    """Where a server is, and how the names of this run's databases on it begin."""

    url: str
    prefix: str

    @property
    def template(self) -> str:
        """The database that shows, before the first test, whether all can be made."""
        return f"{self.prefix}_template"

    def url_of(self, database: str) -> str:
        return urlsplit(self.url)._replace(path=f"/{database}").geturl()

    async def execute(self, *statements: str) -> list[Any]:
        """Execute statements; return the first column of the last one's rows."""
        connection = await asyncmy.connect(**arguments_of(self.url))
        try:
            async with connection.cursor() as cursor:
                for statement in statements:
                    await cursor.execute(statement)
                return [row[0] for row in await cursor.fetchall()]
        finally:
            await connection.ensure_closed()

    async def prepare(self) -> None:
        if urlsplit(self.url).scheme != "mysql":
            raise ValueError(f"{self.url} does not begin with mysql://")
        await self.execute(f"CREATE DATABASE {self.template} CHARACTER SET utf8mb4")

    async def clone(self, database: str) -> None:
        """Make a database anew, whoever is connected to it."""
        await self.drop(database)
        await self.execute(f"CREATE DATABASE {database} CHARACTER SET utf8mb4")
        await create_schema(self.url_of(database))

    async def drop(self, database: str) -> None:
        # A transaction that is still open would hold it up.
        for connected in await self.execute(
            f"SELECT id FROM information_schema.processlist WHERE db = '{database}'"
        ):
            with suppress(DatabaseError):
                await self.execute(f"KILL {connected}")
        await self.execute(f"DROP DATABASE IF EXISTS {database}")

    async def drop_all(self) -> None:
        """Drop the databases of this run, also those of workers that were killed."""
        for database in await self.execute("SHOW DATABASES"):
            if database.startswith(self.prefix):
                await self.drop(database)


@contextmanager
def start_server() -> Iterator[str]:
    """Start MariaDB or MySQL in a temporary folder, yield its URL, remove it all."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
    mariadb, mysql = (shutil.which(name, path=path) for name in ("mariadbd", "mysqld"))
    server = mariadb or mysql
    if server is None:
        get = "apt install mariadb-server, brew install mariadb"
        text = f"The tests need a MySQL server: {get}, or set TEST_DATABASE_URL."
        pytest.exit(text, returncode=NO_SERVER)
    folder = make_folder("mysql-")
    data = ["--no-defaults", f"--datadir={folder}/data"]
    if mariadb:
        install = shutil.which("mariadb-install-db", path=path) or "mariadb-install-db"
        initialize = [install, *data, "--skip-test-db"]
        initialize += ["--auth-root-authentication-method=normal"]
    else:
        initialize = [server, *data, "--initialize-insecure"]
    serve = [server, *data, f"--socket={folder}/socket", f"--pid-file={folder}/pid"]
    # On a socket in the folder only; and no data needs to survive a power cut.
    serve += ["--skip-networking", "--skip-log-bin", "--max-connections=300"]
    serve += ["--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0"]
    with keep_server(folder, initialize, serve, "KILL", "ready for connections"):
        yield f"mysql://root@localhost/mysql?unix_socket={quote(folder)}/socket"


{% if cookiecutter.data_access != "driver" -%}
{% include "database/mysql_arguments.py" %}

{% endif -%}
{% include "database/server_fixtures.py" -%}
