"""What keeping months costs and gives, in a database that `python -m bench.history` filled.

    python -m bench.keeping DATABASE

In a copy of it, which is removed afterwards: how many bytes a spot packing gives back, index by index, of the
months that were written in the order of arrival; how long `rollups rebuild --check` takes; how long the drop
of the largest machine month takes, and how long the longest of the batches stored meanwhile waits.
"""

import argparse
import sys
import threading
import time
from datetime import UTC, datetime

import psycopg
from spotkeeper.db import keeping, partitions, rollups
from spotkeeper.db.connection import Connection, connect
from spotkeeper.db.partitions import Month

from tests.support import database as support
from tests.support.spots import a_spot, add_spots

WANTED_SECONDS = 2.0
PAUSE_SECONDS = 0.2


def index_bytes(owner: Connection, month: Month) -> dict[str, int]:
    """By the index's name."""
    rows = owner.execute(
        """SELECT indexrelid::regclass::text, pg_relation_size(indexrelid)
        FROM pg_index WHERE indrelid = to_regclass(%s)""",
        [month.table],
    ).fetchall()
    return dict(rows)


def packing(owner: Connection, month: Month) -> None:
    before, began = index_bytes(owner, month), time.monotonic()
    packed = keeping.pack(owner, month)
    seconds = time.monotonic() - began
    print(f"packing {month.name}, {packed.spots:,} spots, {seconds:.0f} s: bytes a spot")
    after = index_bytes(owner, month)
    for name, size in before.items():
        print(f"  {size / packed.spots:6.1f} -> {after[name] / packed.spots:6.1f}  {name}")
    print(f"  {(packed.before - packed.after) / packed.spots:6.1f} less in all")


class Arriving(threading.Thread):
    """Batches of two spots of this minute; `longest` is how many seconds one waited at most."""

    def __init__(self, conninfo: str) -> None:
        super().__init__()
        self.longest = 0.0
        self.done = threading.Event()
        self._conninfo = conninfo

    def run(self) -> None:
        number = 0
        with connect(self._conninfo, "scraper", autocommit=True) as scraper:
            while not self.done.wait(PAUSE_SECONDS):
                number += 1
                spots = [a_spot(dx=f"T{number}X", source=source) for source in ("human", "machine")]
                began = time.monotonic()
                add_spots(scraper, *spots)
                self.longest = max(self.longest, time.monotonic() - began)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("database")
    name = parser.parse_args().database
    copy = f"{name}_kept"
    support.create_database(copy, name)
    try:
        with connect(f"dbname={copy}", "owner", autocommit=True) as owner:
            return measure(owner, f"dbname={copy}")
    finally:
        support.drop_database(copy)


def measure(owner: Connection, conninfo: str) -> int:
    with psycopg.connect(conninfo, autocommit=True) as superuser:
        superuser.execute("VACUUM ANALYZE")
    months = [month for month in partitions.months(owner) if month.filled]
    spots = sum(month.spots for month in months)
    began = time.monotonic()
    found = rollups.check(owner, lambda _: None)
    seconds = time.monotonic() - began
    print(f"rollups rebuild --check: {spots:,} spots, {seconds:.0f} s")
    print(f"  differences: {found or 'none'}")
    this_month = datetime.now(UTC).date().replace(day=1)
    for month in months:
        if month.month == this_month:
            packing(owner, month)
    largest = max((month for month in months if month.source == "machine"), key=lambda month: month.spots)
    keeping.close(owner, largest, "age")
    arriving = Arriving(conninfo)
    arriving.start()
    began = time.monotonic()
    keeping.drop(owner, largest)
    seconds = time.monotonic() - began
    arriving.done.set()
    arriving.join()
    print(f"drop of {largest.name}, {largest.spots:,} spots: {seconds:.1f} s")
    print(f"  the longest batch meanwhile: {arriving.longest:.3f} s (at most {WANTED_SECONDS} wanted)")
    return 0 if arriving.longest < WANTED_SECONDS and not found else 1


if __name__ == "__main__":
    sys.exit(main())
