"""A TCP connection whose bytes are never lost between the kernel and its reader."""

import asyncio
import contextlib
import errno
import itertools
import socket
import threading
from collections.abc import Sequence
from typing import Any

CHUNK_BYTES = 65_536
RESOLVE_SECONDS = 10.0
CONNECT_SECONDS = 10.0
# The next address of a name is tried beside the one that has not answered yet (RFC 8305).
BESIDE_SECONDS = 0.25
# A link that has gone dead without a word is found by the kernel after so long, whatever this program does.
DEAD_SECONDS = 120
_KEEPALIVE_IDLE_SECONDS = 60
_KEEPALIVE_EVERY_SECONDS = 15

_Address = tuple[socket.AddressFamily, Any]  # and what that family's connect takes


class Unreachable(Exception):
    """No connection was made; the text is a sentence."""


class Connection:
    """Bytes stay in the kernel until they are taken: what was received before a reset is still read.

    `receive` and `take` raise OSError when the connection is broken.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        for level, option, value in (
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
            (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEPALIVE_IDLE_SECONDS),
            (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _KEEPALIVE_EVERY_SECONDS),
            (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_SECONDS * 1000),
        ):
            connected.setsockopt(level, option, value)

    async def receive(self, seconds: float) -> bytes:
        """The next bytes, none at the peer's end; TimeoutError when there are none in time."""
        await asyncio.sleep(0)  # the others' turn, also while this one always has something to read
        data = self.take()
        if data is None:
            with contextlib.suppress(TimeoutError):
                await self._readable(seconds)
            # A process that was halted finds both its time over and bytes waiting.
            data = self.take()
        if data is None:
            raise TimeoutError
        return data

    def take(self) -> bytes | None:
        """What is there already: no bytes at the peer's end, None when there is nothing yet."""
        try:
            return self._socket.recv(CHUNK_BYTES)
        except BlockingIOError:
            return None

    def send(self, data: bytes) -> None:
        """A few bytes; OSError when the peer has taken none for long."""
        if self._socket.send(data) < len(data):
            raise OSError(errno.ENOBUFS, "the node reads nothing")

    def close(self) -> None:
        self._socket.close()

    async def _readable(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        readable = asyncio.Event()
        loop.add_reader(self._socket, readable.set)
        try:
            async with asyncio.timeout(max(seconds, 0)):
                await readable.wait()
        finally:
            loop.remove_reader(self._socket)


async def connect(host: str, port: int) -> Connection:
    """To the first address of `host` that answers; the name is looked up anew. Raises Unreachable."""
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            addresses = await _look_up(host, port)
    except TimeoutError:
        raise Unreachable(f"the name {host} was not found in {RESOLVE_SECONDS:.0f} s") from None
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"the name {host} was not found: {_words(error)}") from None
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            return Connection(await _race(addresses))
    except TimeoutError:
        raise Unreachable(f"{where} did not answer in {CONNECT_SECONDS:.0f} s") from None
    except OSError as error:
        raise Unreachable(f"cannot connect to {where}: {_words(error)}") from None


async def _look_up(host: str, port: int) -> list[_Address]:
    """By a thread that nobody waits for: a resolver that hangs holds up neither the loop nor the exit."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[_Address]] = loop.create_future()

    def settle(addresses: list[_Address], error: Exception | None) -> None:
        if found.done():
            return
        if error is not None:
            found.set_exception(error)
        else:
            found.set_result(addresses)

    def look_up() -> None:
        addresses: list[_Address] = []
        failure: Exception | None = None
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = [(family, address) for family, _, _, _, address in answers]
        except (OSError, UnicodeError) as error:
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, addresses, failure)

    threading.Thread(target=look_up, name=f"look up {host}", daemon=True).start()
    return _alternating(await found)


def _alternating(addresses: Sequence[_Address]) -> list[_Address]:
    """The resolver's order, with the families by turns."""
    families = [
        [address for address in addresses if address[0] == family]
        for family in dict.fromkeys(family for family, _ in addresses)
    ]
    return [address for turn in itertools.zip_longest(*families) for address in turn if address]


async def _race(addresses: Sequence[_Address]) -> socket.socket:
    """The first that connects; OSError of the first when none does."""
    attempts: set[asyncio.Task[socket.socket]] = set()
    failure: OSError | None = None
    waiting = list(addresses)
    try:
        while waiting or attempts:
            if waiting:
                attempts.add(asyncio.create_task(_open(waiting.pop(0))))
            done, attempts = await asyncio.wait(
                attempts,
                timeout=BESIDE_SECONDS if waiting else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for attempt in done:
                error = attempt.exception()
                if error is None:
                    attempts |= done - {attempt}
                    return attempt.result()
                failure = failure or (error if isinstance(error, OSError) else OSError(str(error)))
    finally:
        for attempt in attempts:
            attempt.cancel()
        for outcome in await asyncio.gather(*attempts, return_exceptions=True):
            if isinstance(outcome, socket.socket):
                outcome.close()
    raise failure or OSError("it has no address")


async def _open(address: _Address) -> socket.socket:
    family, where = address
    connection = socket.socket(family, socket.SOCK_STREAM)
    connection.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(connection, where)
    except BaseException:
        connection.close()
        raise
    return connection


def _words(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
