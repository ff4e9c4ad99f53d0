"""The real process between a simulated node and a real database."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families
from spotkeeper.db.connection import Connection, Role
from spotkeeper.spots.model import Spot
from spotkeeper.spots.parse import parse

from tests.simulator.running_node import RunningNode, starter

Key = tuple[int, str, str, int]

STORED = "SELECT extract(epoch FROM time)::bigint, dx, spotter, khz FROM spots"


def wait_until(true: Callable[[], bool], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def free_port() -> int:
    """Not one that the kernel gives to outgoing connections: it stays free while a process is down."""
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port among a hundred")


class Scraper:
    """`spotkeeper scrape` with settings of its own, to be started and ended any number of times."""

    def __init__(self, folder: Path, database: str, nodes: str) -> None:
        self.spool = folder / "spool.sqlite"
        self.log = folder / "log"
        self._port = free_port()
        self._settings = folder / "spotkeeper.toml"
        self._settings.write_text(
            f'[database]\nconninfo = "{database}"\n'
            f'[scraper]\ncallsign = "N0CALL-1"\nspool = "{self.spool}"\nmetrics_port = {self._port}\n'
            f"silence_seconds = 2\nprobe_seconds = 1\n{nodes}"
        )
        self._systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._systemd.bind(str(folder / "notify"))
        self._told: list[str] = []
        threading.Thread(target=self._hear, daemon=True).start()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [Path(sys.executable).with_name("spotkeeper"), "--settings", self._settings, "scrape"],
                env=os.environ | {"NOTIFY_SOCKET": self._systemd.getsockname()},
                stderr=log,
            )

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """The exit code after this signal."""
        assert self.process
        self.process.send_signal(number)
        return self.process.wait(30)

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.end(signal.SIGKILL)
        self._systemd.shutdown(socket.SHUT_RD)
        self._systemd.close()

    def _hear(self) -> None:
        while message := self._systemd.recv(4096):
            self._told.append(message.decode())

    def told(self, state: str) -> int:
        """How often systemd was told this."""
        return self._told.count(state)

    def metric(self, name: str, **labels: str) -> float:
        """The sum over all labels that are not given; 0 while the process does not answer."""
        try:
            with urlopen(f"http://127.0.0.1:{self._port}/metrics", timeout=2) as page:
                text = page.read().decode()
        except OSError:
            return 0
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == f"spotkeeper_scraper_{name}" and labels.items() <= sample.labels.items()
        )


@pytest.fixture
def node() -> Iterator[Callable[..., RunningNode]]:
    """Starts nodes: `node("--rate", "50")`."""
    with starter() as start:
        yield start


@pytest.fixture
def scraper(tmp_path: Path, database: str) -> Iterator[Callable[[RunningNode], Scraper]]:
    """Starts the process for a node."""
    with ExitStack() as stack:

        def start(node: RunningNode, kind: str = "dxspider") -> Scraper:
            host, port = node.address
            scraper = Scraper(
                tmp_path,
                database,
                f'[[scraper.nodes]]\nname = "demo"\nkind = "{kind}"\nhost = "{host}"\nport = {port}\n',
            )
            stack.callback(scraper.close)
            stack.callback(lambda: print(scraper.log.read_text()))
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
