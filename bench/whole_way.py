"""The whole way: the process `spotkeeper scrape` between sockets that can send faster and a PostgreSQL.

Beside it, in the same run, what PostgreSQL can do by itself: a bare COPY of the same rows.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from spotkeeper.db.connection import Connection, connect

from tests.support.ports import free_ports

BATCH_ROWS = 1000
SESSIONS = 4
TENTHS = 10
BARE_ROWS = 200_000
LATENCY_SECONDS = 60
LATENCY_RATE = 100
TICKS = os.sysconf("SC_CLK_TCK")


class Flood(NamedTuple):
    """Figures of the run at full speed: sizes in MB, CPU in seconds for a million spots."""

    spots: int
    rate: float
    bare_rate: float
    at_rest: float
    after: float
    tenths: list[float]
    scraper_cpu: float
    database_cpu: float


class Latency(NamedTuple):
    """Received to committed, in seconds."""

    p50: float
    p99: float


class Bench:
    """A running scraper with `SESSIONS` sessions into `database`, and the node that floods them.

    `bare` is a database with the same tables and nothing in them.
    """

    def __init__(
        self, database: str, bare: str, process: subprocess.Popen[bytes], node: subprocess.Popen[bytes]
    ) -> None:
        self._database = database
        self._bare = bare
        self._process = process
        self._node = node

    def flood(self, count: int, rate: int) -> Flood:
        """`count` spots, sent at `rate` a second or as fast as they are taken."""
        time.sleep(3)
        at_rest = self._memory()
        with connect(f"dbname={self._database}", "owner", autocommit=True) as owner:
            bare = bare_copy_rate(owner, self._bare, self._seed(owner, count, rate))
            before = self._stored(owner)
            cpu, database_cpu = cpu_seconds([self._process.pid]), cpu_seconds(backends(owner))
            start = time.perf_counter()
            self._order(count, rate)
            tenths = []
            while (stored := self._stored(owner) - before) < count:
                if stored >= len(tenths) * count / TENTHS:
                    tenths.append(self._memory())
                time.sleep(0.1)
            seconds = time.perf_counter() - start
            self._heed()
            return Flood(
                count,
                count / seconds,
                bare,
                at_rest,
                self._memory(),
                tenths,
                (cpu_seconds([self._process.pid]) - cpu) * 1e6 / count,
                (cpu_seconds(backends(owner)) - database_cpu) * 1e6 / count,
            )

    def latency(self) -> Latency:
        """At a steady rate, from the socket until a listener is told of the commit."""
        taken: list[float] = []
        count = LATENCY_RATE * LATENCY_SECONDS
        with (
            connect(f"dbname={self._database}", "notifier", autocommit=True) as listener,
            connect(f"dbname={self._database}", "notifier", autocommit=True) as reader,
        ):
            listener.execute("LISTEN spots")
            self._order(count, LATENCY_RATE)
            for notice in listener.notifies(timeout=LATENCY_SECONDS + 30):
                now = time.time()
                rows = reader.execute(
                    """SELECT extract(epoch FROM received)::float8 FROM spots
                    WHERE time BETWEEN to_timestamp(%s) AND to_timestamp(%s)
                      AND received BETWEEN to_timestamp(%s / 1e3) AND to_timestamp(%s / 1e3)""",
                    json.loads(notice.payload),
                )
                taken += [now - received for (received,) in rows]
                if len(taken) >= count:
                    break
        self._heed()
        cuts = statistics.quantiles(taken, n=100)
        return Latency(cuts[49], cuts[98])

    def _seed(self, owner: Connection, count: int, rate: int) -> int:
        """Stores some rows, which warms everything up; how many of them a bare COPY may take."""
        rows = min(BARE_ROWS, count)
        before = self._stored(owner)
        self._order(rows, rate)
        while self._stored(owner) - before < rows:
            time.sleep(0.1)
        self._heed()
        return rows

    def _stored(self, owner: Connection) -> int:
        [(stored,)] = owner.execute("SELECT coalesce(sum(stored + doubled), 0) FROM tallies").fetchall()
        return int(stored)

    def _order(self, count: int, rate: int) -> None:
        assert self._node.stdin
        self._node.stdin.write(f"{count} {rate}\n".encode())
        self._node.stdin.flush()

    def _heed(self) -> None:
        assert self._node.stdout
        assert self._node.stdout.readline() == b"sent\n"

    def _memory(self) -> float:
        """Resident, in MB."""
        for row in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if row.startswith("VmRSS:"):
                return int(row.split()[1]) * 1024 / 1e6
        raise AssertionError("the process has no memory")


@contextmanager
def running(database: str, bare: str, lines: list[bytes], folder: Path) -> Iterator[Bench]:
    """`lines` are spots of one minute, no two alike, each of the same length and ending in the same time."""
    (folder / "lines").write_bytes(b"".join(line + b"\n" for line in lines))
    node_port, metrics_port = free_ports(2)
    nodes = "".join(
        f'[[scraper.nodes]]\nname = "bench-{number}"\nkind = "rbn"\nhost = "127.0.0.1"\nport = {node_port}\n'
        for number in range(SESSIONS)
    )
    (folder / "settings.toml").write_text(
        f'[database]\nconninfo = "dbname={database}"\n[scraper]\ncallsign = "N0CALL-1"\n'
        f'spool = "{folder / "spool"}"\nmetrics_port = {metrics_port}\n'
        f"silence_seconds = 3600\n{nodes}"
    )
    node = subprocess.Popen(
        [sys.executable, "-m", "bench.flood", str(node_port), str(SESSIONS), folder / "lines"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    scraper = subprocess.Popen(
        [Path(sys.executable).with_name("spotkeeper"), "--settings", folder / "settings.toml", "scrape"]
    )
    try:
        assert node.stdout
        assert node.stdout.readline() == b"ready\n"
        yield Bench(database, bare, scraper, node)
    finally:
        scraper.terminate()
        scraper.wait(30)
        node.kill()
        node.wait()


def bare_copy_rate(owner: Connection, bare: str, rows: int) -> float:
    """Rows a second: of table spot_rows, in batches of 1,000, into the same table of the database `bare`."""
    with owner.cursor().copy(f"COPY (SELECT * FROM spot_rows ORDER BY time LIMIT {rows}) TO STDOUT") as copy:
        texts = [bytes(row) for row in copy]
    months = owner.execute("SELECT DISTINCT date_trunc('month', time, 'UTC') FROM spot_rows").fetchall()
    with connect(f"dbname={bare}", "owner", autocommit=True) as other:
        for month in months:
            other.execute("SELECT ensure_spots_partition(%s)", month)
        start = time.perf_counter()
        for first in range(0, len(texts), BATCH_ROWS):
            with other.cursor().copy("COPY spot_rows FROM STDIN") as copy:
                copy.write(b"".join(texts[first : first + BATCH_ROWS]))
        return len(texts) / (time.perf_counter() - start)


def backends(owner: Connection) -> list[int]:
    """The scraper's, which run on this machine."""
    return [
        pid
        for (pid,) in owner.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'spotkeeper scraper'"
        )
    ]


def cpu_seconds(processes: list[int]) -> float:
    total = 0
    for process in processes:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS
