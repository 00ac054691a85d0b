"""Servers for tests: each runs in a folder of its own and ends with the tests."""

import os
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NO_SERVER = 69  # the exit status of a run whose tests have no server

# Stops and removes a server when the tests close their end of the pipe, which the
# kernel does even when they are killed.
SUPERVISOR = """
trap '' PIPE
exec 3<&0
eval "$0" > output 2>&1 && {
    eval "exec $1" >> output 2>&1 &
    server=$!
    { cat <&3; while kill -s "$2" $server; do sleep 0.1; done; } > /dev/null 2>&1 &
    wait $server
}
tail -n 40 output
rm -rf "$PWD"
"""


@contextmanager
def run_server(
    folder: str, initialize: list[str], serve: list[str], signal: str, ready: str
) -> Iterator[None]:
    """Start a server in a folder, wait until its output says so, stop and remove it."""
    output = Path(folder, "output")
    try:
        supervisor = subprocess.Popen(
            ["sh", "-c", SUPERVISOR, shlex.join(initialize), shlex.join(serve), signal],
            cwd=folder,
            # Variables of your shell may refer to another server.
            env={
                "PATH": search_path(),
                "LC_ALL": "C",
                "TMPDIR": folder,  # not shared: a server may clear it when it starts
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the tests
        )
    except BaseException:
        shutil.rmtree(folder)
        raise
    try:
        while not (output.exists() and ready in output.read_text(errors="replace")):
            if supervisor.poll() is not None:
                said = supervisor.communicate()[0].decode(errors="replace").strip()
                text = f"The server does not start in {folder}:\n{said or 'no output'}"
                pytest.exit(text, returncode=NO_SERVER)
            time.sleep(0.005)
        yield
    finally:
        supervisor.communicate()


def make_folder(prefix: str) -> str:
    """Make a temporary folder for a server and its socket, in memory if there is room."""
    parents = [tempfile.gettempdir(), "/tmp", "/var/tmp"]
    if os.path.isdir("/dev/shm") and shutil.disk_usage("/dev/shm").free > 2**30:
        parents.insert(0, "/dev/shm")
    problems = []
    for parent in parents:
        try:
            folder = tempfile.mkdtemp(prefix=prefix, dir=parent)
        except OSError as error:
            problems.append(str(error))
            continue
        try:
            # Some paths are too long for a socket, and some disks cannot hold one.
            with socket.socket(socket.AF_UNIX) as longest:
                longest.bind(f"{folder}/.s.PGSQL.5432")
            os.unlink(f"{folder}/.s.PGSQL.5432")
            return folder
        except OSError as error:
            problems.append(f"{folder}: {error}")
            shutil.rmtree(folder)
    text = "\n".join(["No folder for a server and its socket, set TMPDIR:", *problems])
    pytest.exit(text, returncode=NO_SERVER)


def search_path() -> str:
    """Return where to find programs: in your PATH, then where systems install them."""
    return os.pathsep.join([os.environ.get("PATH", ""), os.defpath, "/usr/sbin"])


def find_program(*names: str) -> str | None:
    """Return the path of the first of these programs that is installed."""
    found = (shutil.which(name, path=search_path()) for name in names)
    return next(filter(None, found), None)


def worker_of(config: pytest.Config) -> str:
    """Return the name of this worker of pytest-xdist, or `master` if there are none."""
    return str(getattr(config, "workerinput", {}).get("workerid", "master"))
