"""Runs the benchmarks of README.md in the PostgreSQL that the libpq variables name, and prints their table.

    python -m bench [SECONDS]

SECONDS is about how long the flood lasts, two minutes by itself.
"""

import sys
import tempfile
import time
from pathlib import Path

from spotkeeper.db.connection import connect
from spotkeeper.db.migrate import migrate

from bench.parsing import parsing
from bench.whole_way import running
from simulator.dialects import DIALECTS
from simulator.lines import spot_line
from simulator.traffic import Traffic
from tests.support import database as support

DATABASE = "spotkeeper_bench"
BARE = "spotkeeper_bench_bare"
SPOTS = 50_000
RATE = 40_000
WANTED_RATE = 25_000


def lines(count: int) -> list[bytes]:
    """Invented spots of one minute, no two alike, half of them machines', as DXSpider sends them."""
    dialect = DIALECTS["dxspider"]
    traffic = Traffic(1, 0.5, dialect.machine_comment)
    now = time.time()
    made: list[bytes] = []
    while len(made) < count:
        line = spot_line(traffic.spot(now)).encode("latin-1")
        if len(line) == len(made[0] if made else line):
            made.append(line)
    return made


def main(seconds: int) -> None:
    support.create_roles()
    support.create_database(DATABASE)
    support.create_database(BARE)
    try:
        for name in (BARE, DATABASE):
            with connect(f"dbname={name}", "owner", autocommit=True) as owner:
                list(migrate(owner))
        with connect(f"dbname={DATABASE}", "owner", autocommit=True) as owner:
            [(fsync,)] = owner.execute("SHOW fsync").fetchall()
        spots = lines(SPOTS)
        rates = parsing(spots[:20_000])
        with tempfile.TemporaryDirectory() as folder, running(DATABASE, BARE, spots, Path(folder)) as bench:
            flood = bench.flood(seconds * WANTED_RATE, RATE)
            latency = bench.latency()
        print(f"PostgreSQL with fsync={fsync}; {flood.spots:,} spots\n")
        print("| what | a second | of a bare COPY |\n|---|---:|---:|")
        print(f"| parse, one core | {rates.parse:,.0f} | |")
        print(f"| parse and enrich, one core | {rates.enrich:,.0f} | |")
        print(f"| bare COPY, batches of 1,000 | {flood.bare_rate:,.0f} | 1 |")
        print(f"| **socket to committed row** | {flood.rate:,.0f} | {flood.rate / flood.bare_rate:.2f} |\n")
        cpu = f"scraper {flood.scraper_cpu:.1f} s, PostgreSQL {flood.database_cpu:.1f} s"
        print(f"CPU for a million spots: {cpu}")
        print(f"received to committed: p50 {latency.p50 * 1000:.0f} ms, p99 {latency.p99 * 1000:.0f} ms")
        print(
            f"memory in MB: {flood.at_rest:.0f} at rest, {flood.after:.0f} after, at each tenth of the flood:"
        )
        print(" ".join(f"{size:.0f}" for size in flood.tenths))
    finally:
        support.drop_database(DATABASE)
        support.drop_database(BARE)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 120)
    except support.NoServer as error:
        sys.exit(f"the benchmarks need PostgreSQL: {error}")
