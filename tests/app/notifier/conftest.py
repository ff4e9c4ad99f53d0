"""The real notifier process between a real PostgreSQL and a stand-in for nginx."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import urlopen

import pytest
from spotkeeper.db.connection import Connection
from spotkeeper.db.identity import spot_id

from tests.support.ports import free_ports

SETTINGS = """
[database]
conninfo = "{conninfo}"
[scraper]
callsign = "N0CALL-1"
nodes = [{{name = "demo", kind = "dxspider", host = "192.0.2.1", port = 7300}}]
[notifier]
publish_url = "{url}"
metrics_port = {port}
"""


def until(condition: Callable[[], Any], seconds: float = 15) -> Any:
    """Waits for the condition to hold and gives its value; fails when it does not in time."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)
    return value


class Nginx:
    """Takes POSTs and DELETEs as nchan does; `answer` is the status, or None to never answer."""

    def __init__(self) -> None:
        [self.port] = free_ports(1)
        self.answer: int | None = 202
        self.refused: set[str] = set()  # comments of spots answered with 413
        self.spots: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.asked_to_delete: list[str] = []
        self.connections = 0
        self._stopping = threading.Event()
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/publish/spots"

    @property
    def comments(self) -> list[str]:
        return [spot["comment"] for spot in self.spots]

    def start(self) -> None:
        nginx = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                nginx.connections += 1
                super().setup()

            def do_POST(self) -> None:
                spot = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if nginx.answer is None:
                    nginx._stopping.wait()
                    return
                status = 413 if spot["comment"] in nginx.refused else nginx.answer
                if status == 202:
                    nginx.spots.append(spot)
                    nginx.headers.append(dict(self.headers))
                self.send_response(status if self.path == "/publish/spots" else 404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_DELETE(self) -> None:
                nginx.asked_to_delete.append(self.path.removeprefix("/publish/spots?channels="))
                self.send_response(nginx.answer or 503)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@pytest.fixture
def nginx() -> Iterator[Nginx]:
    nginx = Nginx()
    nginx.start()
    yield nginx
    nginx.stop()


class Notifier:
    """`spotkeeper notify` as systemd would start it."""

    def __init__(self, conninfo: str, url: str, folder: Path) -> None:
        [self.port] = free_ports(1)
        self.settings = folder / "spotkeeper.toml"
        self.settings.write_text(SETTINGS.format(conninfo=conninfo, url=url, port=self.port))
        self._told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._told.bind(str(folder / "notify"))
        self.states: list[str] = []
        threading.Thread(target=self._listen, daemon=True).start()
        self._environment = os.environ | {
            "NOTIFY_SOCKET": str(folder / "notify"),
            "RUNTIME_DIRECTORY": str(folder),
        }
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self.states.clear()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "spotkeeper", "--settings", str(self.settings), "notify"],
            env=self._environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        until(lambda: any("READY=1" in state for state in self.states))

    def _listen(self) -> None:
        with suppress(OSError):
            while state := self._told.recv(4096):
                self.states.append(state.decode())

    def metric(self, name: str) -> float:
        with urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as response:
            for line in response.read().decode().splitlines():
                if line.startswith(f"spotkeeper_notifier_{name} "):
                    return float(line.split()[1])
        raise AssertionError(f"no metric {name}")

    def stop(self) -> float:
        """SIGTERM; how many seconds it took."""
        assert self.process
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=10) == 0
        return time.monotonic() - started

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.communicate()

    def close(self) -> None:
        self.kill()
        self._told.shutdown(socket.SHUT_RD)
        self._told.close()


@pytest.fixture
def idle_notifier(database: str, nginx: Nginx, tmp_path: Path) -> Iterator[Notifier]:
    """Not started yet."""
    notifier = Notifier(database, nginx.url, tmp_path)
    yield notifier
    notifier.close()


@pytest.fixture
def notifier(idle_notifier: Notifier) -> Notifier:
    """Listening."""
    idle_notifier.start()
    return idle_notifier


class Heard(NamedTuple):
    """A spot that was inserted: its time in Unix seconds, its reception in Unix milliseconds, and its key."""

    time: int
    received: int
    key: int

    @property
    def id(self) -> str:
        return spot_id(datetime.fromtimestamp(self.time, UTC), self.key)


class Scraper:
    """Commits spots as the scraper does; the comment tells them apart."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._newest = 0  # reception, Unix milliseconds
        connection.execute("INSERT INTO nodes (name) VALUES ('demo') ON CONFLICT DO NOTHING")

    def insert(
        self,
        *comments: str,
        minutes: float = 0,
        source: str = "m",
        band: str | None = "20m",
        mode: str | None = "CW",
        guessed: bool = False,
        spotter: str | None = None,
    ) -> list[Heard]:
        """Rows without a word to anybody, inside whatever transaction there is; each was heard 1 ms later.

        `minutes` is how long ago the node heard them; each has a spotter of its own if none is given.
        """
        moment = datetime.now(UTC)
        time = (moment - timedelta(minutes=minutes)).replace(second=0, microsecond=0)
        # A second ago; also those of two calls within a millisecond have an order.
        first = max(round(moment.timestamp() * 1000) - 1000, self._newest)
        self._newest = first + len(comments)
        cursor = self.connection.execute(
            """
            INSERT INTO spot_rows (time, dx, spotter, hundred_hz, band, mode, source, snr_db, wpm, comment,
                                   node, delay_ms, guessed, spotter_grid, qsx_hz, refs)
            SELECT %s, 'F5AAA', coalesce(%s, 'K' || gen_random_uuid()), 140255, bands.id, modes.id,
                   %s::"char", 23, 25, comment, nodes.id, %s + n, nullif(%s, false), 'JN03', 14030000,
                   '{POTA:US-0001}'
            FROM unnest(%s::text[]) WITH ORDINALITY AS given (comment, n) JOIN nodes ON nodes.name = 'demo'
            LEFT JOIN bands ON bands.name = %s LEFT JOIN modes ON modes.name = %s ORDER BY n
            RETURNING extract(epoch FROM time)::bigint, 1000 * extract(epoch FROM time)::bigint + delay_ms,
                      spot_key(dx, spotter, hundred_hz, rest_hz)
            """,
            [
                time,
                spotter,
                source,
                first - round(time.timestamp() * 1000),
                guessed,
                list(comments),
                band,
                mode,
            ],
        )
        return [Heard(*row) for row in cursor]

    def tell(self, spots: list[Heard]) -> None:
        times, moments = [spot.time for spot in spots], [spot.received for spot in spots]
        window = json.dumps([min(times), max(times), min(moments), max(moments)])
        self.connection.execute("SELECT pg_notify('spots', %s)", [window])

    def commit(self, *comments: str, **values: Any) -> list[Heard]:
        """One batch, and the notification with it."""
        with self.connection.transaction():
            spots = self.insert(*comments, **values)
            self.tell(spots)
        return spots


@pytest.fixture
def scraper(login: Callable[[str], Connection]) -> Scraper:
    return Scraper(login("scraper"))
