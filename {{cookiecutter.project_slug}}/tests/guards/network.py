"""Network: a test reaches this machine and the servers in TEST_…_URL, nothing else.

An attempt fails at once and names the host, before any name is looked up, whatever
library makes it. `@pytest.mark.allow_network("reason")` allows it.
"""

import os
import socket
import sys
import traceback
from collections.abc import Generator
from contextlib import suppress
from ipaddress import ip_address
from re import fullmatch
from urllib.parse import parse_qs, urlsplit

import pytest

from .findings import is_allowed
from .locations import location, location_of_caller

MARKER = "allow_network"
EVENTS = {"socket.getaddrinfo", "socket.connect", "socket.sendto", "socket.sendmsg"}
looking: list[pytest.Item] = []  # the test that runs
refused: dict[str, str | None] = {}  # hosts, and the line that tried to reach them


def pytest_configure(config: pytest.Config) -> None:
    text = f"{MARKER}(reason): the test may reach other machines"
    config.addinivalue_line("markers", text)
    near = {"", "localhost"}
    for name, value in os.environ.items():
        if fullmatch(r"TEST_\w+_URL", name):
            near |= hosts_of(value)

    def look(event: str, arguments: tuple[object, ...]) -> None:
        if not looking or event not in EVENTS:
            return
        is_name = event == "socket.getaddrinfo"
        host = arguments[0] if is_name else address_host(arguments[1])
        host = host.decode() if isinstance(host, bytes) else host
        is_near = not isinstance(host, str) or host in near or is_loopback(host)
        if not is_near and not is_allowed(looking[0], MARKER):
            refused[str(host)] = location_of_caller()
            pytest.fail(f"A test may not reach {host}", pytrace=False)

    sys.addaudithook(look)


def address_host(address: object) -> object:
    """Return the host of an address; that of a socket in the file system is none."""
    return address[0] if isinstance(address, tuple) else None


def is_loopback(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def hosts_of(url: str) -> set[str]:
    """Return the names and addresses of the servers of a URL."""
    parts = urlsplit(url)
    servers = parts.netloc.rpartition("@")[2].split(",")
    names = {urlsplit(f"//{server}").hostname or "" for server in servers}
    names |= {
        host
        for hosts in parse_qs(parts.query).get("host", [])
        for host in hosts.split(",")
    }
    hosts = set(names)
    for name in names - {""}:
        with suppress(OSError):
            hosts |= {str(found[4][0]) for found in socket.getaddrinfo(name, None)}
    return hosts


@pytest.hookimpl(wrapper=True)
def watch(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that was refused a host, also if its code took that for an answer."""
    __tracebackhide__ = True
    looking[:] = [item]
    refused.clear()
    lines: list[str | None] = []
    result = None
    try:
        result = yield
    except BaseException as error:
        if not refused:
            raise
        for frame, number in traceback.walk_tb(error.__traceback__):
            code = frame.f_code
            lines.append(location(code.co_filename, number, code.co_name))
    finally:
        looking.clear()
    if refused:
        host, line = next(iter(refused.items()))
        at = line or next(filter(None, reversed(lines)), None)
        where = f", at {at}" if at else ""
        pytest.fail(
            f"{item.name} tries to reach {host}{where}\n"
            f'Use a server on this machine, or say @pytest.mark.{MARKER}("reason")',
            pytrace=False,
        )
    return result


pytest_runtest_setup = pytest_runtest_call = pytest_runtest_teardown = watch
