"""Use an account whose password has special characters wherever a project takes a URL."""

import asyncio
import os
import signal
import subprocess
import sys
from urllib.parse import quote, urlsplit

from demo.checks import CannotConnectError, check_database
from tests.fixtures.database_urls import Server, start_server

PASSWORD = "p@ss/w:rd%"


async def add_account(server):
    await server.execute(*ADD_ACCOUNT)
    # PostgreSQL trusts everybody here, until it has read this file again.
    for path in await server.execute("SHOW hba_file") if POSTGRESQL else []:
        lines = "VALUES ('local all special scram-sha-256'), ('local all all trust')"
        await server.execute(f"COPY ({lines}) TO '{path}'", "SELECT pg_reload_conf()")


async def is_accepted(url):
    try:
        await check_database(url)
    except CannotConnectError as error:
        if "password" not in str(error):
            raise
        return False
    return True


async def try_passwords(right, wrong):
    while await is_accepted(wrong):
        pass
    assert await is_accepted(right)


def serve(variables):
    """Start dev.py, and stop it once the application has started."""
    command = [sys.executable, "dev.py", "--port", "0"]
    with subprocess.Popen(
        command,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
    ) as serving:
        lines = iter(serving.stdout.readline, "")
        started = any("startup complete" in line for line in lines)
        os.killpg(serving.pid, signal.SIGINT)
        serving.stdout.read()
    assert started
    assert serving.returncode == 0


with start_server() as url:
    POSTGRESQL = url.startswith("postgresql")
    ADD_ACCOUNT = (
        [f"CREATE ROLE special LOGIN CREATEDB PASSWORD '{PASSWORD}'"]
        if POSTGRESQL
        else [
            f"CREATE USER special@localhost IDENTIFIED BY '{PASSWORD}'",
            "GRANT ALL ON *.* TO special@localhost",
        ]
    )
    ADD_ACCOUNT += ["CREATE DATABASE special" + " OWNER special" * POSTGRESQL]
    asyncio.run(add_account(Server(url, "")))
    right, wrong = (
        urlsplit(url.replace(url.partition("//")[2].partition("@")[0], account, 1))
        ._replace(path="/special")
        .geturl()
        for account in (f"special:{quote(PASSWORD, safe='')}", "special:wrong")
    )
    asyncio.run(try_passwords(right, wrong))
    variables = {**os.environ, "TEST_DATABASE_URL": right, "DATABASE_URL": right}
    for command in (["demo.create_schema"], *map(str.split, sys.argv[1:])):
        subprocess.run([sys.executable, "-m", *command], env=variables, check=True)
    serve(variables)
