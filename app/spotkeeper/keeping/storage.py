"""What is used of the disk, and what the policy makes of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from spotkeeper.db import partitions
from spotkeeper.db import storage as table
from spotkeeper.db.connection import Connection
from spotkeeper.db.partitions import Month, Reason, Source
from spotkeeper.keeping import policy
from spotkeeper.keeping.job import disk_of
from spotkeeper.keeping.policy import Disk
from spotkeeper.settings import Keeping

DAYS_THAT_TELL = 3


class StoredMonth(msgspec.Struct, frozen=True):
    """A month of one source. `spots` are the dropped ones when `dropped` says when; the bytes are of now.

    `goes` is true when the policy no longer keeps it: it is dropped by the next run or, if spots were added
    to it within the last two days, soon.
    """

    source: Source
    month: str
    """As "2026-11"."""
    spots: int
    table_bytes: int
    index_bytes: int
    packed: bool
    goes: bool
    dropped: datetime | None
    reason: Reason | None
    """Why it was dropped: by age, or for headroom."""
    dropped_bytes: int | None


class Storage(msgspec.Struct, frozen=True):
    """In bytes; None is what cannot be seen from here. The newest month comes first.

    `shortened` names the months that were dropped for want of room although the policy would have them
    kept; `lacking_bytes` should be free besides, and nothing is left that may be dropped for them.
    """

    checked: datetime
    keeping: Keeping
    months: list[StoredMonth]
    spots_bytes: int
    sums_bytes: dict[str, int]
    other_bytes: int
    database_bytes: int
    spool_bytes: int | None
    disk_bytes: int | None
    free_bytes: int | None
    wanted_free_bytes: int | None
    freed_bytes: int
    """What the policy gives back next: the bytes of the months that go."""
    shortened: list[str]
    lacking_bytes: int
    last_keep: datetime | None
    """When `spotkeeper keep` last did all it had to."""
    days_left: int | None = None
    """Until no more is free than shall be, if spots come as they do now and no further month is dropped."""


def read(
    connection: Connection, keeping: Keeping, spool: Path | None = None, *, exact: bool = False
) -> Storage:
    """Of now, as `keeping` judges it. With `exact` the spots are counted, which reads all of table hours.

    Where the disk cannot be seen from here, it is as `spotkeeper keep` last saw it. Roles dashboard and
    owner may ask.
    """
    now = datetime.now(UTC)
    months = partitions.months(connection)
    counts = table.counted(connection) if exact else {}
    sizes = table.sizes(connection)
    last = table.last_keep(connection)
    disk = disk_of(keeping)
    if disk is None and last and last.disk_bytes is not None and last.free_bytes is not None:
        disk = Disk(last.disk_bytes, last.free_bytes)
    plan = policy.plan(months, keeping, disk, now)
    going = {*policy.due(months, keeping, now), *(month for month, _ in plan.drops)}
    freed_bytes = sum(month.bytes for month in going)
    spots_bytes = sum(month.bytes for month in months)
    sums_bytes = sum(sizes.sums.values())
    return Storage(
        checked=now,
        keeping=keeping,
        months=[
            _stored(month, counts.get((month.source, month.month), month.spots), month in going)
            for month in reversed(months)
        ],
        spots_bytes=spots_bytes,
        sums_bytes=sizes.sums,
        other_bytes=sizes.database - spots_bytes - sums_bytes,
        database_bytes=sizes.database,
        spool_bytes=_file_bytes(spool) if spool else None,
        disk_bytes=disk.size if disk else None,
        free_bytes=disk.free if disk else None,
        wanted_free_bytes=policy.wanted_free(keeping, disk) if disk else None,
        freed_bytes=freed_bytes,
        shortened=[month.name for month in policy.shortened(months, keeping, now)],
        lacking_bytes=plan.lacking,
        last_keep=last.finished if last else None,
        days_left=_days_left(months, disk.free + freed_bytes - policy.wanted_free(keeping, disk), now)
        if disk
        else None,
    )


def _days_left(months: list[Month], spare: int, now: datetime) -> int | None:
    """By the month that is on, or the one before while that has hardly begun; None when nothing has come."""
    first = now.date().replace(day=1)
    days = (now - datetime(first.year, first.month, 1, tzinfo=UTC)) / timedelta(days=1)
    if days < DAYS_THAT_TELL:
        before = (first - timedelta(days=1)).replace(day=1)
        first, days = before, (first - before) / timedelta(days=1)
    came = sum(month.bytes for month in months if month.month == first)
    return max(int(spare * days / came), 0) if came else None


def _stored(month: Month, spots: int, goes: bool) -> StoredMonth:
    return StoredMonth(
        source=month.source,
        month=f"{month.month:%Y-%m}",
        spots=spots,
        table_bytes=month.table_bytes,
        index_bytes=month.index_bytes,
        packed=month.packed is not None,
        goes=goes,
        dropped=month.dropped,
        reason=month.reason,
        dropped_bytes=month.dropped_bytes,
    )


def _file_bytes(spool: Path) -> int | None:
    """Of the spool with the log beside it."""
    try:
        return sum(file.stat().st_size for file in spool.parent.glob(f"{spool.name}*"))
    except OSError:
        return None
