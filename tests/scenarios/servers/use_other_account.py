import asyncio
import os
import subprocess
import sys

from tests.fixtures.database_urls import Server, start_server

statement, account, *arguments = sys.argv[1:]
with start_server() as url:
    asyncio.run(Server(url, "test_other").execute(statement))
    mine = url.partition("//")[2].partition("@")[0]
    variables = {**os.environ, "TEST_DATABASE_URL": url.replace(f"//{mine}@", f"//{account}@")}
    command = [sys.executable, "-m", "pytest", *arguments]
    sys.exit(subprocess.run(command, env=variables).returncode)
