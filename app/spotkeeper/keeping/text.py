"""The storage for a terminal."""

from collections.abc import Iterator

from spotkeeper.keeping.policy import LONGEST_MONTH_DAYS
from spotkeeper.keeping.storage import Storage, StoredMonth
from spotkeeper.settings import Keeping
from spotkeeper.station import moment


def text(storage: Storage) -> str:
    """In lines: the whole first, then the policy, then the months."""
    return "\n".join(_lines(storage))


def bytes_text(number: int) -> str:
    """1.2 MB, 3.4 GB."""
    if number < 999_950_000:
        return f"{number / 1e6:,.1f} MB"
    return f"{number / 1e9:,.1f} GB"


def days_text(keeping: Keeping) -> str:
    """What is kept how long, as a sentence has it."""
    return f"human spots {_days(keeping.human_days)}, machine spots {_days(keeping.machine_days)}"


def _days(days: int) -> str:
    if not days:
        return "for ever"
    return f"{days} days (by whole months: {days + LONGEST_MONTH_DAYS} at most)"


def days_left_text(days: int) -> str:
    """210 days, 3 years, more than 10 years."""
    if days < 730:
        return f"{days} day{'' if days == 1 else 's'}"
    return f"{days // 365} years" if days < 3650 else "more than 10 years"


def _lines(storage: Storage) -> Iterator[str]:
    yield f"Disk      {disk_text(storage)}"
    yield (
        f"Database  {bytes_text(storage.database_bytes)}: spots {bytes_text(storage.spots_bytes)}, sums"
        f" {bytes_text(sum(storage.sums_bytes.values()))}, all else {bytes_text(storage.other_bytes)}"
    )
    if storage.spool_bytes is not None:
        yield f"Spool     {bytes_text(storage.spool_bytes)}"
    yield f"Policy    {days_text(storage.keeping)}"
    if storage.shortened:
        yield f"! Dropped before their time, for want of room: {', '.join(storage.shortened)}"
    if storage.lacking_bytes:
        yield f"! {bytes_text(storage.lacking_bytes)} more should be free, and no month is left that may go"
    yield f"Last run  {moment(storage.last_keep) if storage.last_keep else 'never to its end'}"
    yield ""
    yield f"{'Month':8}{'Source':9}{'Spots':>13}{'Table':>11}{'Indexes':>11}{'Bytes a spot':>14}"
    for month in storage.months:
        yield _month(month)
    yield ""
    names = [f"{month.source} {month.month}" for month in reversed(storage.months) if month.goes]
    if names:
        yield f"This policy frees {bytes_text(storage.freed_bytes)} next: {', '.join(names)}"
    else:
        yield "This policy frees nothing now."


def disk_text(storage: Storage) -> str:
    """How full the disk is, and for how long that lasts."""
    if storage.free_bytes is None or storage.disk_bytes is None or storage.wanted_free_bytes is None:
        return f"cannot be seen at {storage.keeping.disk}: its headroom is not watched"
    left = f", for {days_left_text(storage.days_left)}" if storage.days_left is not None else ""
    return (
        f"{bytes_text(storage.free_bytes)} of {bytes_text(storage.disk_bytes)} free;"
        f" {bytes_text(storage.wanted_free_bytes)} shall be{left}"
    )


def _month(month: StoredMonth) -> str:
    head = f"{month.month:8}{month.source:9}{month.spots:>13,}"
    if month.dropped:
        why = "by age" if month.reason == "age" else "for want of room"
        gave = bytes_text(month.dropped_bytes or 0)
        return f"{head}  dropped {month.dropped:%Y-%m-%d} {why}, gave back {gave}"
    used = month.table_bytes + month.index_bytes
    each = f"{used / month.spots:,.0f}" if month.spots else "-"
    return f"{head}{bytes_text(month.table_bytes):>11}{bytes_text(month.index_bytes):>11}{each:>14}"
