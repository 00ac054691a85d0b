import asyncio
import socket
from contextlib import suppress

import pytest


async def fetch(host: str) -> None:
    await asyncio.open_connection(host, 80)


# (?s)test_wrong_from_a_helper tries to reach example.com, at \S+ in fetch\n.* in test_wrong_from_a_helper\n.* in fetch\n(?!.*entries are hidden)
@pytest.mark.asyncio
async def test_wrong_from_a_helper() -> None:
    await fetch("example.com")


# (?s)tries to reach a.example.com, at .* in test_wrong_tasks.*tries to reach b.example.com
@pytest.mark.asyncio
async def test_wrong_tasks() -> None:
    await asyncio.gather(
        asyncio.open_connection("a.example.com", 80),
        asyncio.open_connection("b.example.com", 80),
        return_exceptions=True,
    )


# tries to reach example.com, at \S+ in test_wrong_swallowed
@pytest.mark.asyncio
async def test_wrong_swallowed() -> None:
    with suppress(BaseException):
        await asyncio.open_connection("example.com", 80)


# tries to reach example.com\n(.*\n)*  \[getaddrinfo in socket
@pytest.mark.asyncio
async def test_wrong_in_a_thread() -> None:
    with suppress(BaseException):
        await asyncio.to_thread(socket.create_connection, ("example.com", 80))


# ^(?!(.|\n)*never retrieved)(.|\n)*tries to reach example.com
@pytest.mark.asyncio
async def test_wrong_in_a_task_that_nobody_awaits() -> None:
    task = asyncio.create_task(fetch("example.com"))
    await asyncio.wait([task])


# tries to reach 192.0.2.7, at \S+ in test_wrong_send
def test_wrong_send() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.connect(("192.0.2.7", 9))
        datagrams.send(b"")


class Peer(asyncio.DatagramProtocol):
    """Tells what becomes of a datagram that a callback sends."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.failed: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(transport.sendto, b"1", ("192.0.2.7", 9))

    def error_received(self, exc: Exception) -> None:
        self.failed.set_result(exc)


# ^(?!.*hung)test_wrong_datagram_of_a_callback tries to reach 192.0.2.7
def test_wrong_datagram_of_a_callback() -> None:
    async def send() -> Exception:
        loop = asyncio.get_running_loop()
        transport, peer = await loop.create_datagram_endpoint(Peer, local_addr=("127.0.0.1", 0))
        try:
            return await peer.failed
        finally:
            transport.close()

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:  # not uvloop's
        assert isinstance(runner.run(send()), OSError)


# tries to reach 255.255.255.255
def test_wrong_broadcast() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        datagrams.sendto(b"", ("255.255.255.255", 9))


# tries to reach ::ffff:192.0.2.1
def test_wrong_ipv4_in_ipv6() -> None:
    socket.create_connection(("::ffff:192.0.2.1", 80))


# tries to reach example.com
def test_wrong_old_look_up() -> None:
    socket.gethostbyname("example.com")


NAMES = ["LOCALHOST", "localhost.", "api.localhost", "ip6-localhost", "localhost6"]
ADDRESSES = ["127.1", "0x7f000001", "2130706433", "::ffff:127.0.0.1", "::1", "0.0.0.0"]


@pytest.mark.parametrize(
    "host", sorted({*NAMES, *ADDRESSES, socket.gethostname(), socket.getfqdn()})
)
def test_right_this_machine(host: str) -> None:
    with suppress(OSError):  # not every machine resolves or serves all of them
        socket.getaddrinfo(host, 80)
        socket.create_connection((host, 1), timeout=1).close()


def test_right_own_address() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asks:
        try:
            asks.connect(("192.0.2.7", 9))  # sends nothing
        except OSError:
            return  # no route to anywhere
        own = asks.getsockname()[0]
    with (
        socket.create_server((own, 0)) as server,
        socket.create_connection(server.getsockname()),
    ):
        pass


def test_right_parsed_only() -> None:
    assert socket.getaddrinfo("192.0.2.7", 80)
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("example.com", 80, flags=socket.AI_NUMERICHOST)


def test_right_datagrams_on_this_machine() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        one.bind(("127.0.0.1", 0))
        other.connect(one.getsockname())
        other.send(b"hello")
        assert one.recv(9) == b"hello"


def test_right_multicast_on_the_loopback_interface() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as routed,
        suppress(OSError),  # not every machine routes it
    ):
        bound.bind(("127.0.0.1", 0))
        loopback = socket.inet_aton("127.0.0.1")
        routed.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, loopback)
        for each in (routed, bound):
            each.sendto(b"", ("224.0.0.251", 9))


# tries to reach 224.0.0.251, at
def test_wrong_multicast() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams, suppress(OSError):
        datagrams.sendto(b"", ("224.0.0.251", 9))


@pytest.mark.asyncio
async def test_right_datagram_endpoint() -> None:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
    )
    transport.close()


def test_right_faked_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)

    async def look_up() -> object:
        return await asyncio.get_running_loop().getaddrinfo("example.com", 80)

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:  # not uvloop's
        assert runner.run(look_up()) == answer
