"""What the settings say of each month: pure, nothing is asked or changed here.

Spots go by whole months: one goes when its last day is older than the days that its source is kept, so that
the detail reaches back that many days at least and 31 more at most. When the disk is short of what shall be
free, the oldest machine month goes before its time, then the next, until there is enough; human months only
if that is allowed, after the last machine month. Never goes a month that is not over, or ended less than two
days ago: late spots and repaired gaps may still belong to it.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from spotkeeper.db.partitions import Month, Reason
from spotkeeper.settings import Keeping

SETTLED = timedelta(days=2)
# One with less is not worth being closed to spots for ever.
WORTH_BYTES = 1_000_000
LONGEST_MONTH_DAYS = 31


class Disk(NamedTuple):
    """That of the database, in bytes."""

    size: int
    free: int


class Plan(NamedTuple):
    """What is to be done now, in this order. `lacking` bytes will then still not be free that shall be."""

    drops: list[tuple[Month, Reason]]
    packs: list[Month]
    lacking: int


def plan(months: Sequence[Month], keeping: Keeping, disk: Disk | None, now: datetime) -> Plan:
    """For all months that are there or were. No disk, no headroom to care for."""
    drops: list[tuple[Month, Reason]] = [
        (month, month.reason or "age") for month in months if month.closed and not month.dropped
    ]
    drops += [(month, "age") for month in due(months, keeping, now) if _rested(month, now)]
    lacking = wanted_free(keeping, disk) - disk.free - sum(month.bytes for month, _ in drops) if disk else 0
    for month in _spare(months, keeping, now):
        if lacking <= 0:
            break
        if all(month != one for one, _ in drops):
            drops.append((month, "headroom"))
            lacking -= month.bytes
    going = {month for month, _ in drops}
    packs = [
        month
        for month in months
        if month.filled and not month.packed and not month.closed and month not in going and _over(month, now)
    ]
    return Plan(drops, packs, max(lacking, 0))


def due(months: Sequence[Month], keeping: Keeping, now: datetime) -> list[Month]:
    """Those that are older than their source is kept."""
    return [month for month in months if not month.closed and _outlived(month, keeping, now)]


def shortened(months: Sequence[Month], keeping: Keeping, now: datetime) -> list[Month]:
    """Those that are gone for want of room, though the settings would have them kept."""
    return [
        month
        for month in months
        if month.closed and month.reason == "headroom" and not _outlived(month, keeping, now)
    ]


def wanted_free(keeping: Keeping, disk: Disk) -> int:
    """Bytes that shall be free on the disk."""
    return max(keeping.free_mb * 1_000_000, disk.size * keeping.free_percent // 100)


def _outlived(month: Month, keeping: Keeping, now: datetime) -> bool:
    days = keeping.human_days if month.source == "human" else keeping.machine_days
    return days > 0 and _end(month) + max(timedelta(days), SETTLED) <= now


def _spare(months: Sequence[Month], keeping: Keeping, now: datetime) -> Iterator[Month]:
    for source in ("machine", "human") if keeping.shorten_human else ("machine",):
        for month in sorted(months, key=lambda one: one.month):
            if (
                month.source == source
                and not month.closed
                and month.bytes >= WORTH_BYTES
                and _over(month, now)
            ):
                yield month


def _rested(month: Month, now: datetime) -> bool:
    """Whether nothing was added for a while: an import may be at work, or be taken up again."""
    return month.changed is not None and month.changed + SETTLED <= now


def _over(month: Month, now: datetime) -> bool:
    return _end(month) + SETTLED <= now


def _end(month: Month) -> datetime:
    """The first second after it."""
    first = datetime(month.month.year, month.month.month, 1, tzinfo=UTC)
    return (first + timedelta(LONGEST_MONTH_DAYS)).replace(day=1)
