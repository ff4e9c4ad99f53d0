"""Names, addresses and sockets."""

import asyncio
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from spotkeeper.scraper import connection as module
from spotkeeper.scraper.connection import Unreachable, connect

Resolver = Callable[..., list[object]]


@pytest.fixture
def listen() -> Iterator[Callable[..., tuple[str, int]]]:
    """Opens listening sockets: `listen("::1", 7300)`; their address."""
    with ExitStack() as stack:

        def start(host: str = "127.0.0.1", port: int = 0) -> tuple[str, int]:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            server = stack.enter_context(socket.create_server((host, port), family=family))
            return host, server.getsockname()[1]

        yield start


def answer(monkeypatch: pytest.MonkeyPatch, *hosts: str) -> list[str]:
    """Lets every name have these addresses; the names that were asked for."""
    asked: list[str] = []
    resolve = socket.getaddrinfo

    def look_up(host: str, port: int, **how: int) -> list[object]:
        asked.append(host)
        return [entry for address in hosts for entry in resolve(address, port, **how)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def peer(host: str, port: int) -> str:
    """Whom `connect` reaches."""

    async def reach() -> str:
        connection = await connect(host, port)
        name: str = connection._socket.getpeername()[0]
        connection.close()
        return name

    return asyncio.run(reach())


def test_ipv6_and_ipv4(listen: Callable[..., tuple[str, int]]) -> None:
    assert peer(*listen("127.0.0.1")) == "127.0.0.1"
    assert peer(*listen("::1")) == "::1"


def test_a_family_that_is_refused_is_no_hindrance(
    listen: Callable[..., tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, port = listen("127.0.0.1")
    answer(monkeypatch, "::1", "127.0.0.1")
    assert peer("node.example", port) == "127.0.0.1"


def test_an_address_that_does_not_answer_is_no_hindrance(
    listen: Callable[..., tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, port = listen("127.0.0.1")
    dead = socket.socket()  # bound, with a full queue: a SYN to it is dropped
    dead.bind(("127.0.0.2", port))
    dead.listen(0)
    fillers = [socket.socket() for _ in range(4)]
    for filler in fillers:
        filler.setblocking(False)
        filler.connect_ex(("127.0.0.2", port))
    answer(monkeypatch, "127.0.0.2", "127.0.0.1")
    begin = time.monotonic()
    assert peer("node.example", port) == "127.0.0.1"
    assert time.monotonic() - begin < 5
    for each in (dead, *fillers):
        each.close()


def test_a_name_is_looked_up_anew_each_time(
    listen: Callable[..., tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, port = listen("127.0.0.1")
    asked = answer(monkeypatch, address)
    peer("node.example", port)
    peer("node.example", port)
    assert asked == ["node.example"] * 2


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 70 + ".example", "..", "\udcff"])
def test_a_name_that_cannot_be_is_a_sentence(host: str) -> None:
    with pytest.raises(Unreachable, match="was not found"):
        peer(host, 7300)


def test_a_resolver_that_hangs_holds_up_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESOLVE_SECONDS", 0.2)
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [][released.wait(30) :])

    async def ticking() -> int:
        ticks = 0
        task = asyncio.create_task(connect("node.example", 7300))
        while not task.done():
            await asyncio.sleep(0.01)
            ticks += 1
        with pytest.raises(Unreachable, match="not found in 0 s"):
            await task
        return ticks

    assert asyncio.run(ticking()) > 3
    released.set()


def test_a_process_whose_resolver_hangs_ends_at_once() -> None:
    program = (
        "import asyncio, socket, time\n"
        "socket.getaddrinfo = lambda *_, **__: time.sleep(60)\n"
        "from spotkeeper.scraper.connection import connect\n"
        "async def stopped():\n"
        "    task = asyncio.create_task(connect('node.example', 7300))\n"
        "    await asyncio.sleep(0.1)\n"
        "    task.cancel()\n"
        "asyncio.run(stopped())\n"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=30).returncode == 0


def test_the_kernel_watches_over_the_link_too(listen: Callable[..., tuple[str, int]]) -> None:
    async def options() -> tuple[int, int]:
        connection = await connect(*listen())
        held = connection._socket
        found = (
            held.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
            held.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
        )
        connection.close()
        return found

    assert asyncio.run(options()) == (1, 120_000)


def test_a_process_that_was_halted_finds_what_has_come_meanwhile() -> None:
    async def read() -> bytes:
        server = socket.create_server(("127.0.0.1", 0))
        connection = await connect(*server.getsockname())
        node, _ = server.accept()
        task = asyncio.create_task(connection.receive(0.2))
        await asyncio.sleep(0.05)
        node.sendall(b"in time")
        time.sleep(0.5)
        got = await task
        with pytest.raises(TimeoutError):
            await connection.receive(0.05)
        for each in (connection, node, server):
            each.close()
        return got

    assert asyncio.run(read()) == b"in time"


def test_what_came_before_a_reset_is_read_first() -> None:
    async def read() -> tuple[bytes, int]:
        server = socket.create_server(("127.0.0.1", 0))
        connection = await connect(*server.getsockname())
        node, _ = server.accept()
        node.sendall(b"x" * 60_000)
        node.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        node.close()
        got, ends = b"", 0
        while True:
            try:
                got += await connection.receive(5)
            except ConnectionResetError:
                ends += 1
                break
        connection.close()
        server.close()
        return got, ends

    got, ends = asyncio.run(read())
    assert (len(got), ends) == (60_000, 1)
