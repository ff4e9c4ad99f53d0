"""Runs the benchmarks of README.md in a throw-away PostgreSQL and prints their table."""

import sys
import tempfile
import time
from pathlib import Path

from prometheus_client import CollectorRegistry
from spotkeeper.db.connection import connect
from spotkeeper.db.migrate import migrate
from spotkeeper.scraper.metrics import ScraperMetrics
from spotkeeper.scraper.spool import Spool
from spotkeeper.scraper.watchdog import Watchdog
from spotkeeper.scraper.writer import BATCH_LINES, Writer
from spotkeeper.spots.parse import parse

from simulator.dialects import DIALECTS
from simulator.lines import spot_line
from simulator.traffic import Traffic
from tests.support import database as support

DATABASE = "spotkeeper_bench"
SPOTS = 50_000


def lines(count: int) -> list[bytes]:
    """Invented spots of one day, no two alike, as DXSpider sends them; the last is of now."""
    dialect = DIALECTS["dxspider"]
    traffic = Traffic(1, dialect.machine_share, dialect.machine_comment)
    start = time.time() - 80_000
    made: dict[bytes, None] = {}
    while len(made) < count:
        spot = traffic.spot(start + 80_000 * len(made) / count)
        made[spot_line(spot).encode("latin-1")] = None
    return list(made)


def parsing(spots: list[bytes]) -> float:
    """Lines a second."""
    now = time.time()
    start = time.perf_counter()
    for line in spots:
        parse(line, now)
    return len(spots) / (time.perf_counter() - start)


def bare_copy() -> float:
    """Rows a second: what is in table spots, in batches of the writer's size into a table like it."""
    with connect(f"dbname={DATABASE}", "owner", autocommit=True) as owner:
        columns = (
            "time, dx, spotter, frequency_hz, band, mode, mode_source, source, snr_db, wpm,"
            " dx_grid, spotter_grid, comment, node, recovered, received"
        )
        with owner.cursor().copy(f"COPY (SELECT {columns} FROM spots) TO STDOUT") as copy:
            rows = [bytes(row) for row in copy]
        owner.execute("CREATE TABLE bare (LIKE spots INCLUDING ALL) PARTITION BY RANGE (time)")
        owner.execute("CREATE TABLE bare_all PARTITION OF bare DEFAULT")
        start = time.perf_counter()
        for first in range(0, len(rows), BATCH_LINES):
            with owner.cursor().copy(f"COPY bare ({columns}) FROM STDIN") as copy:
                copy.write(b"".join(rows[first : first + BATCH_LINES]))
        return len(rows) / (time.perf_counter() - start)


def whole_way(spots: list[bytes], folder: Path) -> float:
    """Lines a second from the append to the spool, 100 at a time, to the last commit."""
    spool = Spool(folder / "spool.sqlite")
    metrics = ScraperMetrics(CollectorRegistry(), ["bench"])
    writer = Writer(spool, f"dbname={DATABASE}", metrics, Watchdog())
    writer.start()
    start = time.perf_counter()
    for first in range(0, len(spots), 100):
        spool.append("bench", time.time_ns() // 1000, spots[first : first + 100])
    writer.stop(600)
    seconds = time.perf_counter() - start
    if writer.failure or len(spool):
        raise SystemExit(f"the writer left {len(spool)} lines: {writer.failure}")
    return len(spots) / seconds


def main() -> None:
    support.create_roles()
    support.create_database(DATABASE)
    try:
        with connect(f"dbname={DATABASE}", "owner", autocommit=True) as owner:
            list(migrate(owner))
        spots = lines(SPOTS)
        with tempfile.TemporaryDirectory() as folder:
            way = whole_way(spots, Path(folder))
        bare = bare_copy()
        print("| what | a second | of a bare COPY |\n|---|---:|---:|")
        print(f"| parse, one core | {parsing(spots):,.0f} | |")
        print(f"| bare COPY, batches of {BATCH_LINES:,} | {bare:,.0f} | 1 |")
        print(f"| spool, parse, store | {way:,.0f} | {way / bare:.2f} |")
    finally:
        support.drop_database(DATABASE)


if __name__ == "__main__":
    try:
        main()
    except support.NoServer as error:
        sys.exit(f"the benchmarks need PostgreSQL: {error}")
