import asyncio
import os
import subprocess
import sys

from tests.fixtures.database_urls import Server, start_server

statement, runs = sys.argv[1], int(sys.argv[2])


def databases(server):
    return sorted(asyncio.run(server.execute(statement)))


with start_server() as url:
    server = Server(url, "")
    before = databases(server)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    running = [
        subprocess.Popen(
            command,
            env={**os.environ, "TEST_DATABASE_URL": url},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        for _ in range(runs)
    ]
    failed = [output for run in running if (output := run.communicate()[0]) and run.returncode]
    assert not failed, "\n".join(failed)
    assert databases(server) == before, databases(server)
