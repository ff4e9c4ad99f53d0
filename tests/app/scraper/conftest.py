"""The real process between a simulated node and a real database."""

import json
import math
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families
from spotkeeper.db.connection import Connection, Role
from spotkeeper.spots.model import Spot
from spotkeeper.spots.parse import parse

from tests.simulator.running_node import RunningNode, starter

Key = tuple[int, str, str, int]

STORED = "SELECT extract(epoch FROM time)::bigint, dx, spotter, khz FROM spots"
COMMAND = (str(Path(sys.executable).with_name("spotkeeper")),)


def wait_until(true: Callable[[], bool], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


class Port:
    """A TCP port on 127.0.0.1 that is ours until `close`, also while nobody listens.

    Not one that the kernel gives to outgoing connections. Its UDP twin is held all the while, which tells
    every other test that the port is taken.
    """

    def __init__(self) -> None:
        for self.number in random.sample(range(20_000, 32_000), 200):
            self._twin = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                self._twin.bind(("127.0.0.1", self.number))
                socket.create_server(("127.0.0.1", self.number)).close()
                return
            except OSError:
                self._twin.close()
        raise AssertionError("no free port among two hundred")

    def close(self) -> None:
        self._twin.close()


def entry(node: RunningNode, name: str = "demo", kind: str = "dxspider") -> str:
    """Of a settings file."""
    host, port = node.address
    return f'[[scraper.nodes]]\nname = "{name}"\nkind = "{kind}"\nhost = "{host}"\nport = {port}\n'


class Scraper:
    """`spotkeeper scrape` with settings of its own, to be started and ended any number of times."""

    def __init__(self, folder: Path, database: str, nodes: str, command: Sequence[str]) -> None:
        self.spool = folder / "spool.sqlite"
        self.log = folder / "log"
        self.settings = folder / "spotkeeper.toml"
        self.port = Port()
        self._database = database
        self._command = command
        self.write(nodes)
        self._systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._systemd.bind(str(folder / "notify"))
        self._told: list[str] = []
        threading.Thread(target=self._hear, daemon=True).start()
        self.process: subprocess.Popen[bytes] | None = None

    def write(self, nodes: str, more: str = "silence_seconds = 2\nprobe_seconds = 1\n") -> None:
        """The settings file, with these nodes."""
        self.settings.write_text(
            f'[database]\nconninfo = "{self._database}"\n'
            f'[scraper]\ncallsign = "N0CALL-1"\nspool = "{self.spool}"\n'
            f"metrics_port = {self.port.number}\n{more}{nodes}"
        )

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self._command, "--settings", str(self.settings), "scrape"],
                env=os.environ | {"NOTIFY_SOCKET": self._systemd.getsockname()},
                stderr=log,
            )

    def tell(self, number: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """The exit code after this signal."""
        self.tell(number)
        assert self.process
        return self.process.wait(30)

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.end(signal.SIGKILL)
        self._systemd.shutdown(socket.SHUT_RD)
        self._systemd.close()
        self.port.close()
        # Shown when the test fails.
        print(self.log.read_text() if self.log.exists() else "no log")
        print("systemd was told:", self._told)

    def _hear(self) -> None:
        while message := self._systemd.recv(4096):
            self._told.append(message.decode())

    def told(self, state: str) -> int:
        """How often systemd was told this."""
        return self._told.count(state)

    def metric(self, name: str, **labels: str) -> float:
        """The sum over all labels that are not given; not a number while the process does not answer."""
        try:
            with urlopen(f"http://127.0.0.1:{self.port.number}/metrics", timeout=10) as page:
                text = page.read().decode()
        except OSError:
            return math.nan
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == f"spotkeeper_scraper_{name}" and labels.items() <= sample.labels.items()
        )

    def is_up(self, node: str = "demo") -> bool:
        return self.metric("session_up", node=node) == 1

    def status(self) -> Any:
        """What GET /status says."""
        with urlopen(f"http://127.0.0.1:{self.port.number}/status", timeout=10) as page:
            return json.load(page)


@pytest.fixture
def node() -> Iterator[Callable[..., RunningNode]]:
    """Starts nodes: `node("--rate", "50")`."""
    with starter() as start:
        yield start


@pytest.fixture
def scraper(tmp_path: Path, database: str) -> Iterator[Callable[..., Scraper]]:
    """Starts the process for a node, or for what stands in the settings of several."""
    with ExitStack() as stack:

        def start(
            nodes: RunningNode | str, kind: str = "dxspider", command: Sequence[str] = COMMAND
        ) -> Scraper:
            text = nodes if isinstance(nodes, str) else entry(nodes, kind=kind)
            scraper = Scraper(tmp_path, database, text, command)
            stack.callback(scraper.close)
            scraper.start()
            return scraper

        yield start


@pytest.fixture
def stored(login: Callable[[Role], Connection]) -> Callable[[], set[Key]]:
    """Which spots are in the database; each can be there only once."""
    dashboard = login("dashboard")

    def ask() -> set[Key]:
        return set(dashboard.execute(STORED).fetchall())

    return ask


def sent(log: Path) -> set[Key]:
    """Which spots a node's sent-log holds."""
    keys = set()
    for row in log.read_bytes().splitlines():
        moment, line = row.split(b"\t", 1)
        spot = parse(line, float(moment))
        assert isinstance(spot, Spot), row
        keys.add((spot.time, spot.dx, spot.spotter, (spot.frequency_hz + 500) // 1000))
    return keys
