"""What `spotkeeper keep` does to the months of spots: drops them, packs them, keeps the planner informed."""

import time
from typing import NamedTuple

from psycopg import sql

from spotkeeper.db import rollups
from spotkeeper.db.connection import Connection
from spotkeeper.db.partitions import Month, Reason
from spotkeeper.db.patience import lock_timeout, patiently

DROP_PATIENCE_SECONDS = 120.0
REINDEX_PATIENCE_SECONDS = 120.0
POLL_SECONDS = 0.5

# Held by whoever drops months or sums them up anew.
_LOCK = 7_373_003


class Dropped(NamedTuple):
    """What is gone; nothing when the month was dropped before."""

    spots: int
    bytes: int


class Packed(NamedTuple):
    """Bytes of the indexes before and after, and how many spots they are of."""

    before: int
    after: int
    spots: int


def claim(connection: Connection, *, wait: bool) -> bool:
    """Be the only one that drops months or sums them up, until the connection ends; false when another is."""
    # Not by a statement that waits: its snapshot would have the other's CONCURRENTLY wait for it in turn.
    while connection.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK]).fetchone() != (True,):
        if not wait:
            return False
        time.sleep(POLL_SECONDS)
    return True


def close(connection: Connection, month: Month, reason: Reason) -> None:
    """From now on nothing is stored of the month, for ever: with what is gone nothing can be compared."""
    connection.execute(
        """INSERT INTO months AS kept (source, month, inserted, closed, reason)
        VALUES (left(%s, 1)::"char", %s, 0, now(), %s)
        ON CONFLICT (source, month) DO UPDATE SET closed = now(), reason = excluded.reason
        WHERE kept.closed IS NULL""",
        [month.source, month.month, reason],
    )


def drop(connection: Connection, month: Month) -> Dropped:
    """Drop the spots of a closed month; its sums stay. Killed at any point it can be done again.

    No spot that arrives waits for this, and who reads the month now may read to the end. Raises
    psycopg.errors.LockNotAvailable while somebody reads for longer than two minutes.
    """
    patiently(connection, lambda: _detach(connection, month), DROP_PATIENCE_SECONDS)
    # Nobody finds it any more.
    return patiently(connection, lambda: _fold(connection, month), DROP_PATIENCE_SECONDS)


def _detach(connection: Connection, month: Month) -> None:
    """In two steps, of which the first hides the month and the second waits for those who read it."""
    row = connection.execute(
        "SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = to_regclass(%s)", [month.table]
    ).fetchone()
    if row is None:
        return
    step = "FINALIZE" if row[0] else "CONCURRENTLY"
    connection.execute(
        sql.SQL("ALTER TABLE {} DETACH PARTITION {} " + step).format(
            sql.Identifier(f"spots_{month.source}"), sql.Identifier(month.table)
        )
    )


def _fold(connection: Connection, month: Month) -> Dropped:
    """Keep what its spots contribute to table calls, and drop it, in one transaction."""
    with connection.transaction():
        [(there,)] = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [month.table]).fetchall()
        spots = gone = 0
        if there:
            table = sql.Identifier(month.table)
            connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(table))
            [(spots, gone)] = connection.execute(
                sql.SQL("SELECT count(*), pg_total_relation_size(%s::regclass) FROM {}").format(table),
                [month.table],
            ).fetchall()
            rollups.add_calls(connection, month.table, "calls_of_dropped")
            connection.execute(sql.SQL("DROP TABLE {}").format(table))
        connection.execute(
            """UPDATE months SET dropped = now(), spots = %s, bytes = %s
            WHERE source = left(%s, 1)::"char" AND month = %s""",
            [spots, gone, month.source, month.month],
        )
    return Dropped(spots, gone)


def pack(connection: Connection, month: Month) -> Packed:
    """Build the indexes of a month anew, which spots have filled in no order, and settle its rows for good.

    Nobody waits for this. Killed at any point it can be done again. Raises psycopg.errors.LockNotAvailable
    when a transaction that began before stays open for two minutes.
    """
    before = _index_bytes(connection, month)
    with lock_timeout(connection, REINDEX_PATIENCE_SECONDS):
        for name, is_remainder, method in connection.execute(
            r"""SELECT relname, NOT indisvalid AND relname ~ '_cc(new|old)[0-9]*$', amname
            FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam
            WHERE indrelid = to_regclass(%s) ORDER BY 2 DESC, 1""",
            [month.table],
        ).fetchall():
            if is_remainder:
                connection.execute(sql.SQL("DROP INDEX CONCURRENTLY {}").format(sql.Identifier(name)))
            else:
                if method == "btree":
                    # Hardly anything comes to a month that is over: no page keeps room for it.
                    connection.execute(
                        sql.SQL("ALTER INDEX {} SET (fillfactor = 100)").format(sql.Identifier(name))
                    )
                connection.execute(sql.SQL("REINDEX INDEX CONCURRENTLY {}").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("VACUUM (FREEZE, ANALYZE, TRUNCATE false) {}").format(sql.Identifier(month.table))
        )
    after = _index_bytes(connection, month)
    connection.execute(
        """UPDATE months SET packed = now(), saved = %s WHERE source = left(%s, 1)::"char" AND month = %s""",
        [before - after, month.source, month.month],
    )
    [(spots,)] = connection.execute(
        "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [month.table]
    ).fetchall()
    return Packed(before, after, spots)


def _index_bytes(connection: Connection, month: Month) -> int:
    [(number,)] = connection.execute("SELECT pg_indexes_size(%s::regclass)", [month.table]).fetchall()
    return int(number)


def analyze(connection: Connection, spots: int) -> bool:
    """Have the planner know all months together, as autovacuum never does; whether that was due.

    It is when there are half as many spots again as the last time. `spots` is how many there are, about.
    """
    [(last,)] = connection.execute("SELECT max(analyzed_spots) FROM last_keep").fetchall()
    if last is not None and 2 * spots <= 3 * last:
        return False
    connection.execute("ANALYZE spot_rows")
    connection.execute(
        """INSERT INTO last_keep (analyzed_spots) VALUES (%s)
        ON CONFLICT (one) DO UPDATE SET analyzed_spots = excluded.analyzed_spots""",
        [spots],
    )
    return True


def finish(connection: Connection, disk_bytes: int | None, free_bytes: int | None) -> None:
    """Write down that all was done, and how full the database's disk is then."""
    connection.execute(
        """INSERT INTO last_keep (finished, disk_bytes, free_bytes) VALUES (now(), %s, %s)
        ON CONFLICT (one) DO UPDATE SET finished = excluded.finished,
            disk_bytes = excluded.disk_bytes, free_bytes = excluded.free_bytes""",
        [disk_bytes, free_bytes],
    )
