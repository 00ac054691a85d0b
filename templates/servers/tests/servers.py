"""Servers for tests: each runs in a folder of its own and ends with the tests."""

import os
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

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


class SharedServer:
    """A plugin: a run opens a server when a test needs it, or once for all its workers."""

    def __init__(
        self,
        name: str,
        open_server: Callable[
            [pytest.Config], AbstractContextManager[tuple[object, ...]]
        ],
    ) -> None:
        self._name = name
        self._open_server = open_server
        self._server = pytest.StashKey[tuple[Any, ...]]()
        self._for_workers = pytest.StashKey[dict[str, Any]]()

    def of(self, config: pytest.Config) -> tuple[Any, ...]:
        """Return what describes the server, or end the run: a test cannot have it."""
        if self._server not in config.stash:
            given = getattr(config, "workerinput", {}).get(self._name, {})
            if "problem" in given:
                vars(config)["workeroutput"].update(given)
                raise pytest.exit.Exception(*given["problem"])
            stack = ExitStack()
            config.add_cleanup(stack.close)
            config.stash[self._server] = (
                given["server"]
                if given
                else stack.enter_context(self._open_server(config))
            )
        return config.stash[self._server]

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of pytest-xdist of the server, or why there is none."""
        stash = node.config.stash
        if self._for_workers not in stash:
            try:
                stash[self._for_workers] = {"server": tuple(self.of(node.config))}
            except pytest.exit.Exception as error:
                problem = (error.msg, error.returncode)
                stash[self._for_workers] = {"problem": problem}
        node.workerinput[self._name] = stash[self._for_workers]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """End the run with a worker that ended because it has no server."""
        if problem := getattr(node, "workeroutput", {}).get("problem"):
            raise pytest.exit.Exception(*problem)
