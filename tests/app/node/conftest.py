"""The real `spotkeeper serve-node` over a real database, and clients of it."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import pytest
from spotkeeper.db.connection import Connection
from spotkeeper.spots.model import Spot

from tests.app.notifier.conftest import until
from tests.support.ports import free_ports
from tests.support.spots import add_spots

SETTINGS = """
[database]
conninfo = "{conninfo}"
[scraper]
callsign = "N0CALL-1"
nodes = [{{name = "demo", kind = "dxspider", host = "192.0.2.1", port = 7300}}]
[node]
port = {port}
metrics_port = {metrics_port}
{more}
"""


class Node:
    """`spotkeeper serve-node` as systemd would start it, with `more` lines in table [node]."""

    def __init__(self, conninfo: str, folder: Path, more: str = "") -> None:
        self.port, self.metrics_port = free_ports(2)
        self.settings = folder / "node.toml"
        self.settings.write_text(
            SETTINGS.format(conninfo=conninfo, port=self.port, metrics_port=self.metrics_port, more=more)
        )
        self.states: list[str] = []
        self._told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._told.bind(str(folder / "node-notify"))
        threading.Thread(target=self._listen, daemon=True).start()
        self._environment = os.environ | {"NOTIFY_SOCKET": str(folder / "node-notify")}
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> "Node":
        self.process = subprocess.Popen(
            [sys.executable, "-m", "spotkeeper", "--settings", str(self.settings), "serve-node"],
            env=self._environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        until(lambda: any("READY=1" in state for state in self.states))
        return self

    def _listen(self) -> None:
        with suppress(OSError):
            while state := self._told.recv(4096):
                self.states.append(state.decode())

    def metric(self, name: str) -> float:
        with urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=5) as response:
            for line in response.read().decode().splitlines():
                if line.startswith(f"spotkeeper_node_{name} "):
                    return float(line.split()[-1])
        raise AssertionError(f"no metric {name}")

    def stop(self) -> int:
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=10)

    def close(self) -> None:
        if self.process:
            self.process.kill()
            self.process.communicate()
        self._told.shutdown(socket.SHUT_RD)
        self._told.close()


class Client:
    """A logging program; `connection` is its socket."""

    def __init__(self, node: Node, call: str | None = "F5AAA") -> None:
        self.connection = socket.create_connection(("127.0.0.1", node.port), timeout=10)
        self._received = b""
        self.greeting = ""
        if call is not None:
            assert self.until("login: ") == "login: "
            self.greeting = self.ask(call)

    def send(self, line: str) -> None:
        self.connection.sendall(line.encode() + b"\r\n")

    def ask(self, line: str) -> str:
        """What is said until the next prompt, without it."""
        self.send(line)
        return self.until(" dxspider >\r\n").rpartition("\r\n")[0].rpartition("\r\n")[0]

    def until(self, end: str) -> str:
        """What is received up to and with this."""
        while end.encode() not in self._received:
            data = self.connection.recv(65536)
            assert data, f"closed after {self._received!r}"
            self._received += data
        text, _, self._received = self._received.partition(end.encode())
        return text.decode() + end

    def lines(self, number: int) -> list[str]:
        return [self.until("\r\n").removesuffix("\r\n") for _ in range(number)]

    def rest(self) -> str:
        """To the end of the connection."""
        while data := self.connection.recv(65536):
            self._received += data
        return self._received.decode()

    def close(self) -> None:
        self.connection.close()


@pytest.fixture
def make_node(database: str, tmp_path: Path) -> Iterator[Callable[..., Node]]:
    nodes = []

    def make(more: str = "") -> Node:
        nodes.append(Node(database, tmp_path, more))
        return nodes[-1]

    yield make
    for node in nodes:
        node.close()


@pytest.fixture
def node(make_node: Callable[..., Node]) -> Node:
    """Serving."""
    return make_node().start()


@pytest.fixture
def connect(node: Node) -> Iterator[Callable[..., Client]]:
    clients = []

    def connect(call: str | None = "F5AAA") -> Client:
        clients.append(Client(node, call))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


@pytest.fixture
def add(login: Callable[[str], Connection]) -> Callable[..., None]:
    """Stores spots as the scraper does."""
    scraper = login("scraper")

    def add(*spots: Spot, name: str = "demo") -> None:
        add_spots(scraper, *spots, node=name)

    return add
