"""A writer between a spool and a database."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import CollectorRegistry
from spotkeeper.scraper.metrics import ScraperMetrics
from spotkeeper.scraper.spool import Spool
from spotkeeper.scraper.watchdog import Watchdog
from spotkeeper.scraper.writer import Writer
from spotkeeper.spots.countries import Countries

from tests.app.scraper.conftest import wait_until

NOW = int(time.time()) // 60 * 60 * 1_000_000
STAMP = f"{datetime.fromtimestamp(NOW / 1e6, UTC):%H%M}Z".encode()


def line(dx: str, comment: str = "CW 599") -> bytes:
    return f"DX de F5AAA:     14025.0  {dx:12} {comment:30} ".encode() + STAMP


class Station:
    """A writer between a spool and a database; `fill` spools lines and returns when they are dealt with."""

    def __init__(self, folder: Path, conninfo: str, countries: Countries | None = None) -> None:
        self.path = folder / "spool"
        self.open()
        self.registry = CollectorRegistry()
        self.metrics = ScraperMetrics(self.registry, ["demo"])
        self.conninfo = conninfo
        self.countries = countries
        self.start()

    def open(self) -> None:
        self.spool = Spool(self.path)

    def start(self) -> None:
        self.writer = Writer(self.spool, self.conninfo, self.metrics, Watchdog(), self.countries)
        self.writer.start()

    def fill(self, *lines: bytes, received: int = NOW) -> None:
        if lines:
            self.spool.append("demo", received, lines)
        wait_until(lambda: not len(self.spool) or not self.writer.is_alive(), "the spool is empty")
        assert self.writer.failure is None

    def value(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(f"spotkeeper_scraper_{name}", labels) or 0


@contextmanager
def writing(folder: Path, conninfo: str, countries: Countries | None = None) -> Iterator[Station]:
    """A station whose writer ends with it."""
    station = Station(folder, conninfo, countries)
    yield station
    station.writer.stop(5)
    assert not station.writer.is_alive()
