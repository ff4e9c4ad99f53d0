"""The report of the station for a terminal."""

from collections.abc import Iterator

from spotkeeper.db.station import Books
from spotkeeper.keeping.storage import Storage
from spotkeeper.keeping.text import bytes_text, disk_text
from spotkeeper.station import Report, clock, count, duration, moment
from spotkeeper.status import NodeStatus, Status

MEGABYTE = 1_000_000


def text(report: Report) -> str:
    """In lines: the answer first, what to do, then the figures."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    yield report.headline
    yield report.lost
    for trouble in report.troubles:
        if trouble.what != report.headline:
            yield ""
            yield f"! {trouble.what}"
        yield f"  -> {trouble.advice}"
    if report.status:
        yield from _process(report.status)
    if report.storage:
        yield from _disk(report.storage)
    if report.books:
        yield from _store(report.books)


def _process(status: Status) -> Iterator[str]:
    yield ""
    yield "Nodes"
    for node in status.nodes:
        yield f"  {node.name:20}  {_phase(node)}"
    spool, database = status.spool, status.database
    yield ""
    filled = f"{spool.bytes / MEGABYTE:,.1f} of {spool.max_bytes / MEGABYTE:,.0f} MB"
    yield f"Spool     {count(spool.lines, 'line')}, {filled}"
    yield f"Database  {'takes spots' if database.up else database.trouble}"


def _disk(storage: Storage) -> Iterator[str]:
    yield f"Disk      {disk_text(storage)}"
    kept = bytes_text(storage.database_bytes)
    now = f"{storage.checked:%Y-%m}"
    months = len({each.month for each in storage.months if each.month <= now and not each.dropped})
    yield f"Storage   {kept}, spots of {count(months, 'month')}; spotkeeper storage shows each"


def _phase(node: NodeStatus) -> str:
    if node.phase != "up":
        return f"{node.phase}: {node.sentence}" if node.sentence else node.phase
    heard = f"last spot {clock(node.last_spot)}" if node.last_spot else "no spot yet"
    return f"up since {clock(node.since)}, {heard}, {count(node.spots, 'spot')} since the start"


def _store(books: Books) -> Iterator[str]:
    yield ""
    yield f"{'Spots':12}{'today':>12}{'7 days':>12}"
    for name in books.week.__struct_fields__:
        today, week = getattr(books.today, name), getattr(books.week, name)
        yield f"  {name:10}{today:>12,}{week:>12,}"
    yield "  received = stored + doubled + unparsed + refused; recovered are those stored that came by sh/dx"
    if books.gaps:
        yield ""
        yield f"Gaps of the last 7 days ({books.gaps_count})"
        for gap in books.gaps:
            rest = (
                f", {duration(gap.unrepaired_seconds)} not repaired"
                if gap.unrepaired_seconds
                else ", repaired"
            )
            yield (
                f"  {gap.node:20}  {moment(gap.began)}, {duration((gap.ended - gap.began).total_seconds())},"
                f" {gap.reason}{rest}"
            )
    if books.refused:
        yield ""
        yield f"Lines of the last 7 days that PostgreSQL did not take ({books.refused_count})"
        for row in books.refused:
            yield f"  {row.node:20}  {moment(row.received)}, {row.reason}: {row.line}"
