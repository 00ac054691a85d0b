"""Servers for tests: each runs in a folder of its own and ends with the tests."""

import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NO_SERVER = 69  # the exit status that says why no test ran

# Keeps a server as long as the tests hold their end of the pipe, so until they end, in
# whatever way; then nothing of it is left.
KEEPER = """
trap '' PIPE
exec 3<&0
eval "$0" > output 2>&1 && {
    eval "exec $1" >> output 2>&1 &
    server=$!
    { cat <&3; while kill -s "$2" $server; do sleep 0.1; done; } > /dev/null 2>&1 &
    wait $server
}
tail -n 40 output
rm -rf "$PWD" "$3"
"""


@contextmanager
def keep_server(
    folder: str,
    initialize: list[str],
    serve: list[str],
    signal: str,
    ready: str,
    also_remove: str = "",
    as_root: bool = False,
) -> Iterator[None]:
    """Start a server in a folder, wait until its output says so, stop and remove it."""
    output = Path(folder, "output")
    nobody: dict[str, Any] = {"user": "nobody", "group": 65534, "extra_groups": []}
    commands = [shlex.join(initialize), shlex.join(serve)]
    keeper = subprocess.Popen(
        ["sh", "-c", KEEPER, *commands, signal, also_remove],
        cwd=folder,
        # Variables of your shell may speak of another server.
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C",
            "TMPDIR": folder,  # not shared: a server may clear it when it starts
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C is for the tests
        **(nobody if is_root() and not as_root else {}),
    )
    try:
        while not (output.exists() and ready in output.read_text(errors="replace")):
            if keeper.poll() is not None:
                why = keeper.communicate()[0].decode(errors="replace")
                pytest.exit(f"The server does not start:\n{why}", returncode=NO_SERVER)
            time.sleep(0.005)
        yield
    finally:
        keeper.communicate()


def make_folder(prefix: str) -> str:
    """Make a temporary folder, in memory if there is room."""
    memory = Path("/dev/shm")
    # The name of a socket must be short, and some temporary folders are not.
    parent = "/tmp" if len(tempfile.gettempdir()) > 60 else None
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30:
        parent = str(memory)
    folder = tempfile.mkdtemp(prefix=prefix, dir=parent)
    if is_root():
        shutil.chown(folder, "nobody")
    return folder


def worker_of(config: pytest.Config) -> str:
    """Return the name of this worker of pytest-xdist, or `master` if there are none."""
    return str(getattr(config, "workerinput", {}).get("workerid", "master"))


def is_root() -> bool:
    """Tell whether this is root, as whom most servers refuse to run."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
