"""`spotkeeper keep`: partitions ahead, months dropped and packed, headroom on the disk.

Each step can be done again wherever it was killed. What cannot be done now, because somebody reads for very
long, is left for the next run.
"""

import logging
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg

from spotkeeper.db import audit, invitations, partitions
from spotkeeper.db import keeping as table
from spotkeeper.db.connection import Connection
from spotkeeper.db.partitions import Month, Reason
from spotkeeper.keeping import policy
from spotkeeper.keeping.policy import Disk
from spotkeeper.settings import Keeping

MONTHS_AHEAD = 2
MEGABYTE = 1_000_000

log = logging.getLogger(__name__)


def disk_of(keeping: Keeping) -> Disk | None:
    """None where the database's disk cannot be seen: it is on another host, or the setting is wrong."""
    try:
        usage = shutil.disk_usage(keeping.disk)
    except OSError:
        return None
    return Disk(usage.total, usage.free)


def keep(connection: Connection, keeping: Keeping) -> bool:
    """Do all there is to do now; whether all of it could be done, which is then written down.

    The connection is the owner's, in autocommit mode.
    """
    table.claim(connection, wait=True)
    done = _ensure(connection)
    partitions.note_growth(connection)
    disk = disk_of(keeping)
    if disk is None:
        log.warning("cannot see the disk of the database at %s: its headroom is not watched", keeping.disk)
    plan = policy.plan(partitions.months(connection), keeping, disk, datetime.now(UTC))
    for month, reason in plan.drops:
        done = _drop(connection, month, reason) and done
    done = all(_pack(connection, month, disk_of(keeping)) for month in plan.packs) and done
    audit.forget_old(connection)
    invitations.forget_old(connection)
    table.analyze(connection, sum(month.spots for month in partitions.months(connection) if not month.closed))
    if plan.lacking:
        log.error(
            "%d MB more should be free on the disk of the database, and nothing is left that may be dropped",
            plan.lacking // MEGABYTE,
            extra={"event": "headroom_gone"},
        )
    if done:
        table.finish(connection, *(disk_of(keeping) or (None, None)))
    return done


def would_do(connection: Connection, keeping: Keeping) -> Iterator[str]:
    """What `keep` would do now, in sentences; nothing is changed."""
    ahead = partitions.ahead(connection)
    if ahead < MONTHS_AHEAD:
        yield f"would make the partitions of {MONTHS_AHEAD - ahead} of the coming months"
    plan = policy.plan(partitions.months(connection), keeping, disk_of(keeping), datetime.now(UTC))
    for month, reason in plan.drops:
        why = "for want of room" if reason == "headroom" else "by age"
        yield f"would drop {month.name} {why}: {month.spots:,} spots, {month.bytes / MEGABYTE:,.1f} MB"
    for month in plan.packs:
        yield f"would pack {month.name}: its indexes take {month.index_bytes / MEGABYTE:,.1f} MB"
    if plan.lacking:
        yield f"{plan.lacking / MEGABYTE:,.1f} MB more should be free, and no month is left that may go"


def _ensure(connection: Connection) -> bool:
    try:
        if partitions.ensure(connection, MONTHS_AHEAD):
            log.info("made the partitions of coming months")
    except psycopg.errors.LockNotAvailable:
        log.warning("the partitions of coming months are not made: somebody else changes the tables")
        return False
    return True


def _drop(connection: Connection, month: Month, reason: Reason) -> bool:
    table.close(connection, month, reason)
    try:
        dropped = table.drop(connection, month)
    except psycopg.errors.LockNotAvailable:
        log.warning("%s is not dropped yet: somebody has been reading it for long", month.name)
        return False
    sentence = "dropped %s: %d spots, which gave back %d MB; their sums are kept"
    figures = month.name, dropped.spots, dropped.bytes // MEGABYTE
    if reason == "headroom":
        log.warning(f"{sentence}; it went before its time, for want of room on the disk", *figures,
                    extra={"event": "policy_shortened"})  # fmt: skip
    else:
        log.info(sentence, *figures, extra={"event": "month_dropped"})
    return True


def _pack(connection: Connection, month: Month, disk: Disk | None) -> bool:
    if disk and disk.free < 2 * month.index_bytes:
        log.warning("%s is not packed: that takes room on the disk which is not there now", month.name)
        return True
    try:
        packed = table.pack(connection, month)
    except psycopg.errors.LockNotAvailable:
        log.warning("%s is not packed yet: a transaction has been open for long", month.name)
        return False
    log.info(
        "packed %s: its indexes take %d MB instead of %d, %.1f bytes less for a spot",
        month.name,
        packed.after // MEGABYTE,
        packed.before // MEGABYTE,
        (packed.before - packed.after) / max(packed.spots, 1),
        extra={"event": "month_packed"},
    )
    return True
