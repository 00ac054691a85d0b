import asyncio
import os
import subprocess
import sys

from tests.fixtures.database_urls import Server, start_server


def databases(server):
    return sorted(asyncio.run(server.execute(sys.argv[1])))


with start_server() as url:
    server = Server(url, "test_other")
    before = databases(server)
    variables = {**os.environ, "TEST_DATABASE_URL": url}
    command = [sys.executable, "-m", "pytest", *sys.argv[2:]]
    code = subprocess.run(command, env=variables).returncode
    assert databases(server) == before, databases(server)
sys.exit(code)
