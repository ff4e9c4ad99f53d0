"""Takes connections, and tells each new spot to all who follow."""

import asyncio
import ipaddress
import logging
import os
import signal
import socket
import threading
from contextlib import suppress
from time import monotonic

from spotkeeper import metrics, systemd
from spotkeeper.db.connection import Connection
from spotkeeper.db.live import LiveSpot
from spotkeeper.errors import OperatorError
from spotkeeper.node import lines
from spotkeeper.node.client import LONGEST_LINE, Client
from spotkeeper.node.metrics import Metrics
from spotkeeper.node.past import Past
from spotkeeper.notifier.follower import Follower
from spotkeeper.notifier.memory import Memory
from spotkeeper.settings import Settings, TelnetNode

log = logging.getLogger(__name__)

# A peer that is gone is noticed after two minutes, also one that takes nothing.
KEEPALIVE = {
    socket.TCP_KEEPIDLE: 60,
    socket.TCP_KEEPINTVL: 15,
    socket.TCP_KEEPCNT: 4,
    socket.TCP_USER_TIMEOUT: 120_000,
}
# The kernel's share of what waits for a client; it would take megabytes.
SEND_BUFFER = 64 * 1024
FAREWELL_SECONDS = 0.2
WATCHDOG_SECONDS = 1.0
# Without a sign of the thread that follows the database for so long, the watchdog is not fed.
FOLLOWER_SECONDS = 45.0


def run(settings: Settings) -> None:
    """Serve until SIGTERM. Raises OperatorError when a port is taken."""
    registry = metrics.registry()
    node_metrics = Metrics(registry)
    metrics.serve(metrics.listen(settings.node.metrics_port), registry)
    asyncio.run(_serve(settings, node_metrics))


async def _serve(settings: Settings, node_metrics: Metrics) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    past = Past(settings.database.conninfo)
    node = Node(settings.node, settings.node_callsign, past, node_metrics)
    try:
        await node.listen()
        follower = Follower(settings.database.conninfo, Memory(None), node)
        threading.Thread(target=follower.run, name="follower", daemon=True).start()
        while not stopped.is_set():
            node.feed_watchdog()
            with suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), WATCHDOG_SECONDS)
    finally:
        systemd.notify("STOPPING=1")
        await node.close()
        past.close()


class Node:
    """All connections. What the follower of the database calls comes from its thread."""

    def __init__(self, settings: TelnetNode, call: str, past: Past, metrics: Metrics) -> None:
        self.call = call
        self.past = past
        self.metrics = metrics
        self._settings = settings
        self._allowed = [ipaddress.ip_network(network) for network in settings.allow]
        self._servers: list[asyncio.Server] = []
        self._connected: set[Client] = set()
        self._clients: set[Client] = set()
        self._loop = asyncio.get_running_loop()
        self._heard_of = 0.0

    async def listen(self) -> None:
        """Raises OperatorError when a port is taken."""
        for address in self._settings.listen:
            try:
                server = await asyncio.start_server(
                    self._serve, address, self._settings.port, limit=LONGEST_LINE
                )
            except OSError as error:
                reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error
                where = f"{address} port {self._settings.port}"
                raise OperatorError(f"cannot take telnet connections at {where}: {reason}") from None
            self._servers.append(server)
        log.info(
            "%s listens on port %d of %s", self.call, self._settings.port, ", ".join(self._settings.listen)
        )

    async def close(self) -> None:
        """Say so to all, and let them go."""
        for server in self._servers:
            server.close()
        for client in list(self._connected):
            client.end(f"{self.call} shutting down...")
        # For the farewell to go out.
        await asyncio.sleep(FAREWELL_SECONDS)

    def admit(self, client: Client) -> None:
        """From now on it is told of new spots."""
        self._clients.add(client)
        self.metrics.clients.set(len(self._clients))
        log.info("%s logged in", client.call)

    def feed_watchdog(self) -> None:
        """While the follower too makes progress."""
        if monotonic() - self._heard_of < FOLLOWER_SECONDS:
            systemd.notify("WATCHDOG=1")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if reason := self._why_not(writer):
            self.metrics.refused.labels(reason).inc()
            writer.close()
            return
        client = Client(self, reader, writer)
        self._connected.add(client)
        try:
            await client.run()
        finally:
            self._connected.discard(client)
            if client in self._clients:
                self._clients.discard(client)
                self.metrics.clients.set(len(self._clients))
                log.info("%s left", client.call)

    def _why_not(self, writer: asyncio.StreamWriter) -> str:
        """Empty when the connection may be; to be closed without a word otherwise."""
        connection: socket.socket = writer.get_extra_info("socket")
        try:
            address = ipaddress.ip_address(connection.getpeername()[0].partition("%")[0])
        except OSError:  # gone already
            return "gone"
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        if not any(address in network for network in self._allowed):
            return "address"
        if len(self._connected) >= self._settings.most_clients:
            return "full"
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        for option, value in KEEPALIVE.items():
            connection.setsockopt(socket.IPPROTO_TCP, option, value)
        return ""

    def take(self, spot: LiveSpot) -> bool:
        """Always: a client that cannot take it is none any more."""
        self._loop.call_soon_threadsafe(self._tell, spot)
        return True

    def _tell(self, spot: LiveSpot) -> None:
        as_line, as_cc11 = lines.live(spot), lines.cc11(spot, self.call)
        told = sum(client.tell(spot, as_line, as_cc11) for client in list(self._clients))
        self.metrics.spots_told.inc(told)

    def skip(self, spots: int) -> None:
        """They are to be had by sh/dx."""

    def alive(self) -> None:
        self._heard_of = monotonic()

    def up(self) -> None:
        self.metrics.database_up.set(1)
        systemd.notify("READY=1\nSTATUS=Telling spots")

    def away(self, reason: str) -> None:
        self.alive()
        self.metrics.database_up.set(0)
        systemd.notify(f"READY=1\nSTATUS=Waiting for PostgreSQL: {reason}")

    def look(self, connection: Connection) -> None:
        """At nothing besides."""
