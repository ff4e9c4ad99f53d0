"""How long spots wait while a release with migrations comes in, on a database that bench.history filled.

    python -m bench.migration DATABASE

Two migrations as a release may have them, one that adds a column and one that makes an index of all machine
spots, are applied as `spotkeeper migrate` does it while 100 spots a second arrive: on a quiet database, and
while somebody reads from the table for long. The database is left as it was.
"""

import argparse
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spotkeeper.db.connection import Connection, connect
from spotkeeper.db.migrate import MIGRATIONS, migrate

from bench.host import as_on_the_host
from bench.station import Ingest, station
from tests.support import database as support

WANTED_SECONDS = 2
READER_SECONDS = 10

COLUMN = "ALTER TABLE spot_rows ADD COLUMN bench text NOT NULL DEFAULT '';\n"
INDEX = r"""-- outside a transaction
CREATE INDEX IF NOT EXISTS bench ON ONLY spots_machine (dx_place, time);
SELECT format('CREATE INDEX CONCURRENTLY IF NOT EXISTS bench_%1$s ON %1$s (dx_place, time)',
    inhrelid::regclass)
FROM pg_inherits WHERE inhparent = 'spots_machine'::regclass ORDER BY 1
\gexec
SELECT format('ALTER INDEX bench ATTACH PARTITION bench_%1$s', inhrelid::regclass)
FROM pg_inherits WHERE inhparent = 'spots_machine'::regclass ORDER BY 1
\gexec
"""


def measure(owner: Connection, ingest: Ingest, what: str, statements: str) -> None:
    """Print the row of one migration, and undo it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "migrations"
        shutil.copytree(MIGRATIONS, folder)
        number = len(list(folder.glob("*.sql"))) + 1
        (folder / f"{number:04}_bench.sql").write_text(statements)
        ingest.take()
        start = time.monotonic()
        with connect(owner.info.dsn, "owner", autocommit=True) as migrating:
            list(migrate(migrating, folder))
        seconds = time.monotonic() - start
    time.sleep(3)
    delays, _ = ingest.take()
    print(f"| {what} | {seconds:.1f} | {len(delays)} | {max(delays):.2f} |", flush=True)
    owner.execute("DELETE FROM schema_migrations WHERE number = %s", [number])
    owner.execute("DROP INDEX IF EXISTS bench")
    owner.execute("ALTER TABLE spot_rows DROP COLUMN IF EXISTS bench")


@contextmanager
def somebody_reads(conninfo: str) -> Iterator[None]:
    """A transaction that has read of all partitions and stays open for some seconds."""

    def read() -> None:
        with connect(conninfo, "dashboard") as reader:
            reader.execute("SELECT dx FROM spot_rows LIMIT 1")
            is_reading.set()
            time.sleep(READER_SECONDS)

    is_reading = threading.Event()
    thread = threading.Thread(target=read)
    thread.start()
    is_reading.wait()
    yield
    thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("database")
    arguments = parser.parse_args()
    as_on_the_host()
    with station(arguments.database) as running, connect(running.conninfo, "owner", autocommit=True) as owner:
        ingest = Ingest(running.conninfo)
        ingest.start()
        try:
            wanted = f"longest wait of a spot, s (at most {WANTED_SECONDS} wanted)"
            print(f"| migration | seconds | batches meanwhile | {wanted} |")
            print("|---|---:|---:|---:|")
            measure(owner, ingest, "a column", COLUMN)
            measure(owner, ingest, "an index of all machine spots", INDEX)
            with somebody_reads(running.conninfo):
                measure(owner, ingest, f"a column, while somebody reads for {READER_SECONDS} s", COLUMN)
        finally:
            ingest.stop()


if __name__ == "__main__":
    try:
        main()
    except support.NoServer as error:
        sys.exit(f"the benchmark needs PostgreSQL: {error}")
