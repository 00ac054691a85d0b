"""Network: a test reaches this machine and the servers in TEST_…_URL, nothing else.

An attempt fails at once, before any name is looked up, whatever library makes it; the
report shows where, also if the code under test has swallowed the exception. A name that
is only parsed and a datagram socket that only asks for the own address reach nobody.
Not seen are libraries that call the operating system themselves, and subprocesses.
`@pytest.mark.allow_network("reason")` allows it.
"""

import asyncio
import errno
import inspect
import os
import socket
import sys
import threading
import traceback
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache, wraps
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from re import fullmatch
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from .findings import Refusal, found, is_allowed, mode
from .locations import location_of_current_task
from .stacks import Line, line_of, own, running_lines, stack

MARKER = "allow_network"
HINT = f'Use a server on this machine, or mark the test @pytest.mark.{MARKER}("reason")'
NAMES = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
ADDRESSES = {"socket.connect", "socket.sendto", "socket.sendmsg"}
Socket, LOOK_UP = socket.socket, socket.getaddrinfo  # which tests may replace
HOSTS = Path("/etc/hosts")
if sys.platform == "win32":
    HOSTS = Path(os.environ["SYSTEMROOT"], "System32/drivers/etc/hosts")
Address = IPv4Address | IPv6Address

looking: list[pytest.Item] = []  # the test that runs
refused: list[tuple[str, list[Line], str | None]] = []  # the hosts that it tried, where
servers: set[str] = set()  # the names in TEST_…_URL
own_look_up = threading.local()


def pytest_configure(config: pytest.Config) -> None:
    text = f"{MARKER}(reason): the test may reach other machines"
    config.addinivalue_line("markers", text)
    for name, value in os.environ.items():
        if fullmatch(r"TEST_\w+_URL", name):
            servers.update(hosts_of(value))
    sys.addaudithook(look)
    patch = pytest.MonkeyPatch()
    patch.setattr(asyncio.BaseEventLoop, "getaddrinfo", look_up_in_task())
    config.add_cleanup(patch.undo)


def look(
    event: str, arguments: tuple[Any, ...], events: set[str] = NAMES | ADDRESSES
) -> None:
    """Check what is looked up, connected to or sent to."""
    # First: a test raises a hundred others, and some come when Python has taken this
    # module's names away.
    if event not in events:
        return
    if not looking or getattr(own_look_up, "running", False):
        return
    if event in NAMES:
        host = arguments[0]
        is_look_up = event == "socket.getaddrinfo"
        if not (is_look_up and (is_only_parsed(sys._getframe(1)) or address_of(host))):
            check(host)
    elif event in ADDRESSES:
        opened, address = arguments
        is_socket = isinstance(opened, Socket)
        if not isinstance(address, tuple) or (
            is_socket and opened.family not in (socket.AF_INET, socket.AF_INET6)
        ):
            return
        if is_socket and event == "socket.connect" and opened.type == socket.SOCK_DGRAM:
            if type(opened) is Socket:
                opened.__class__ = Connected
        elif event != "socket.connect":
            check_datagram(opened, address[0])
        else:
            try:
                check(address[0])
            except pytest.fail.Exception:
                if is_socket:
                    opened.close()  # its owner expects an OSError
                raise


def check_datagram(opened: socket.socket, host: object) -> None:
    """Refuse a datagram in the way in which it fails without a network."""
    if is_multicast_on_loopback(opened, address_of(host)):
        return
    try:
        check(host)
    except Refusal as refusal:
        raise OSError(errno.ENETUNREACH, str(refusal)) from None


def is_multicast_on_loopback(opened: socket.socket, group: Address | None) -> bool:
    if group is None or not group.is_multicast:
        return False
    if group.version == 4:
        option = opened.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, 4)
        sources = socket.inet_ntoa(option), opened.getsockname()[0]
        return any(ip_address(source).is_loopback for source in sources)
    index = opened.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF)
    return index > 0 and socket.if_indextoname(index).startswith("lo")


def is_only_parsed(frame: Any) -> bool:
    """Tell whether a call of `getaddrinfo` looks nothing up."""
    is_call = frame.f_code is LOOK_UP.__code__
    return bool(is_call and frame.f_locals.get("flags", 0) & socket.AI_NUMERICHOST)


class Connected(socket.socket):
    """A datagram socket: its `connect` sends nothing, and no event tells that it sends."""

    __slots__ = ()

    def send(self, *args: Any) -> int:
        if looking:
            check_datagram(self, self.getpeername()[0])
        return super().send(*args)


def look_up_in_task() -> Any:
    """Return a `getaddrinfo` that checks the name before another thread looks it up."""
    look_up = asyncio.BaseEventLoop.getaddrinfo

    @wraps(look_up)
    async def checked(loop: Any, host: Any, port: Any, **options: Any) -> Any:
        is_parsed = options.get("flags", 0) & socket.AI_NUMERICHOST
        is_faked = socket.getaddrinfo is not LOOK_UP  # by the test
        if looking and not (is_parsed or is_faked or address_of(host)):
            check(host)
        return await look_up(loop, host, port, **options)

    return checked


def check(host: object) -> None:
    """Refuse a host that is not this machine or a server of the tests."""
    host = host.decode() if isinstance(host, bytes) else host
    if not isinstance(host, str) or is_near(host) or is_allowed(looking[0], MARKER):
        return
    lines = running_lines(inspect.currentframe())
    refused.append((host, lines, location_of_current_task()))
    if mode("network", looking[0]) == "error":
        raise Refusal(report(*refused[-1]), pytrace=False)


def report(host: str, lines: list[Line], where: str | None) -> str:
    """Say what a test has tried to reach, and where."""
    for line in own(lines)[-1:]:
        where = line.place
    at = f", at {where}" if where else ""
    text = [f"{looking[0].name} tries to reach {host}{at}"]
    if lines:
        first = lines.index(own(lines)[0]) if own(lines) else 0
        text.append(stack(lines[first:]))
    return "\n".join(text)


def address_of(host: object) -> Address | None:
    """Return the address that a host is, in any spelling; None for a name."""
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        if not fullmatch(r"[0-9a-fA-FxX]+(\.[0-9a-fA-FxX]+){0,3}", text):
            return None
        try:
            return ip_address(socket.inet_aton(text))
        except OSError:
            return None
    return getattr(address, "ipv4_mapped", None) or address


def is_near(host: str) -> bool:
    """Tell whether a host is this machine or a server of the tests."""
    address = address_of(host)
    if address is None:
        name = host.rstrip(".").lower()
        return name in own_names() or name in servers or name.endswith(".localhost")
    return is_own(address) or str(address) in addresses_of_servers(frozenset(servers))


@cache
def is_own(address: Address) -> bool:
    """Tell whether this machine has an address: it reaches it from that address itself."""
    if address.is_loopback or address.is_unspecified:
        return True
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with (
        unchecked(),
        suppress(OSError),
        closing(Socket(family, socket.SOCK_DGRAM)) as asks,
    ):
        asks.connect((str(address), 9))  # sends nothing
        return address_of(asks.getsockname()[0]) == address
    return False


@cache
def own_names() -> set[str]:
    """Return the names of this machine."""
    full = socket.gethostname().lower()
    names = {"", full, full.partition(".")[0], "localhost", "localhost6"}
    names |= {"ip6-localhost", "ip6-loopback"}
    with suppress(OSError, UnicodeDecodeError):
        hosts = HOSTS.read_text(encoding="utf-8")
        for line in hosts.splitlines():
            first, *others = line.partition("#")[0].split() or [""]
            if (address := address_of(first)) and is_own(address):
                names.update(name.lower() for name in others)
    return names


@cache
def addresses_of_servers(names: frozenset[str]) -> set[str]:
    addresses = {str(address_of(name)) for name in names}
    with unchecked():
        for name in names:
            with suppress(OSError):
                found = socket.getaddrinfo(name, None)
                addresses |= {str(address_of(one[4][0])) for one in found}
    return addresses


@contextmanager
def unchecked() -> Iterator[None]:
    own_look_up.running = True
    try:
        yield
    finally:
        own_look_up.running = False


def hosts_of(url: str) -> set[str]:
    """Return the names of the servers of a URL."""
    parts = urlsplit(url)
    found = parts.netloc.rpartition("@")[2].split(",")
    names = {urlsplit(f"//{server}").hostname or "" for server in found}
    hosts = parse_qs(parts.query).get("host", [])
    return names | {host.lower() for part in hosts for host in part.split(",")}


@pytest.hookimpl(wrapper=True)
def watch(item: pytest.Item) -> Generator[None, object, object]:
    """Charge a test with what it was refused, also if its code has swallowed that."""
    __tracebackhide__ = True
    looking[:] = [item]
    refused.clear()
    lines: list[Line] = []
    try:
        return (yield)
    except BaseException as error:
        if not refused or mode("network", item) == "report":
            raise
        # Another thread looked it up: its own lines do not tell for whom.
        frames = traceback.walk_tb(error.__traceback__)
        lines = [line_of(frame, number) for frame, number in frames]
        return None  # the finding is what fails the test
    finally:
        for host, own_lines, task in refused:
            is_found = own(own_lines) or not own(lines)
            text = report(host, own_lines if is_found else lines, task)
            found("network", "attempt to reach another machine", text, item, HINT)
        looking.clear()


pytest_runtest_setup = pytest_runtest_call = pytest_runtest_teardown = watch
