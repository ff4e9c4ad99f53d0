"""How it stands with the station: is it alive, since when not, why, what to do, was anything lost.

For `spotkeeper status` and for the dashboard's page: both ask the scraper, the database and, where the
scraper does not answer, systemd.
"""

from datetime import UTC, datetime

import msgspec

from spotkeeper.db.station import Books
from spotkeeper.keeping.storage import Storage
from spotkeeper.status import NodeStatus, Status
from spotkeeper.systemd import Unit

UNIT = "spotkeeper-scraper.service"
# A node may take so long to answer after the start before its absence is a trouble.
SETTLING_SECONDS = 60
QUIET_SECONDS = 1800
WAITING_SECONDS = 300
SPOOL_SHARE = 0.5
# Less than this is what a node without a history misses whenever the link to it is made anew.
MISSED_SECONDS = 60

_JOURNAL = "journalctl -u spotkeeper-scraper -n 50"


class Trouble(msgspec.Struct, frozen=True):
    """What is wrong, and what to do."""

    what: str
    advice: str


class Report(msgspec.Struct, frozen=True):
    """`well`: alive, and nothing to do. `status`, `books` and `storage` are None where nobody told."""

    checked: datetime
    alive: bool
    well: bool
    headline: str
    lost: str
    troubles: list[Trouble]
    status: Status | None
    books: Books | None
    storage: Storage | None


def judge(
    status: Status | None,
    silence: str,
    unit: Unit | None,
    books: Books | None,
    storage: Storage | None,
    now: datetime,
) -> Report:
    """What the parts say, in the owner's words.

    `silence` is how the scraper did not answer when `status` is None, `unit` what systemd knows of it then.
    """
    troubles = _of_the_scraper(status) if status else [_dead(silence, unit, books)]
    troubles += _of_the_books(books) if books else []
    troubles += _of_the_disk(storage) if storage else []
    headline = f"The scraper is alive since {moment(status.started)}." if status else troubles[0].what
    return Report(
        checked=now,
        alive=status is not None,
        well=not troubles,
        headline=headline,
        lost=_lost(books),
        troubles=troubles,
        status=status,
        books=books,
        storage=storage,
    )


def _dead(silence: str, unit: Unit | None, books: Books | None) -> Trouble:
    last = f"; the last spot was stored at {moment(books.last_stored)}" if books and books.last_stored else ""
    if unit is None:
        return Trouble(
            f"The scraper does not answer ({silence}){last}.",
            f"See systemctl status spotkeeper-scraper and {_JOURNAL}.",
        )
    since = f" since {moment(unit.since)}" if unit.since else ""
    if unit.state in ("inactive", "deactivating"):
        return Trouble(
            f"The scraper is stopped{since}{last}.", "Start it: systemctl start spotkeeper-scraper."
        )
    if unit.state == "active":
        return Trouble(
            f"The scraper runs but does not answer ({silence}){last}.",
            "If it hangs, systemd ends it within a minute and starts it anew; else:"
            f" systemctl restart spotkeeper-scraper. {_JOURNAL} says what it did last.",
        )
    return Trouble(
        f"The scraper does not come up{since} ({unit.result}, {unit.restarts} restarts){last}.",
        f"{_JOURNAL} says why. It is tried again and again; once the cause is mended it comes up by itself.",
    )


def _of_the_scraper(status: Status) -> list[Trouble]:
    troubles = []
    if status.hung:
        troubles.append(
            Trouble(
                f"No progress: {', '.join(status.hung)}.",
                "systemd ends the scraper within a minute and starts it anew. If it happens again, report it"
                f" with what {_JOURNAL} shows.",
            )
        )
    settled = status.now - status.started > SETTLING_SECONDS
    for node in status.nodes:
        if node.phase != "up" and (settled or node.reason):
            troubles.append(_node_away(node))
    heard = [node.last_spot for node in status.nodes if node.last_spot]
    quiet_since = max(heard, default=status.started)
    if status.now - quiet_since > QUIET_SECONDS and any(node.phase == "up" for node in status.nodes):
        troubles.append(
            Trouble(
                f"No spot since {moment(quiet_since)} from any node, though a session is up.",
                "A filter may be set for your call at the node, or the node has lost its links: log in by"
                " hand and look.",
            )
        )
    if not status.database.up:
        since = f" since {moment(status.database.since)}" if status.database.since else ""
        troubles.append(
            Trouble(
                f"The database takes no spots{since}: {status.database.trouble}",
                "They wait in the spool, nothing is lost. See df -h, systemctl status postgresql and"
                " journalctl -u 'postgresql@*' -n 50.",
            )
        )
    spool = status.spool
    if spool.bytes > SPOOL_SHARE * spool.max_bytes:
        troubles.append(
            Trouble(
                f"The spool is filled to {spool.bytes / spool.max_bytes:.0%}.",
                "At its bound nothing more is read from the nodes. Bring the database back: df -h,"
                " systemctl status postgresql and journalctl -u 'postgresql@*' -n 50.",
            )
        )
    elif status.database.up and spool.oldest and status.now - spool.oldest > WAITING_SECONDS:
        troubles.append(
            Trouble(
                f"Spots wait in the spool since {moment(spool.oldest)}, though the database is there.",
                f"It does not keep up: see the host and the insert time in Grafana, and {_JOURNAL}.",
            )
        )
    if not status.countries:
        troubles.append(
            Trouble(
                "Spots are stored without country, zones and distance: the country file cannot be read.",
                "apt-get install hamradio-files, then systemctl restart spotkeeper-scraper.",
            )
        )
    return troubles


def _node_away(node: NodeStatus) -> Trouble:
    what = f"{node.name}: {node.sentence or node.phase}, since {moment(node.since)}"
    if node.next_attempt:
        what += f"; the next attempt is at {clock(node.next_attempt)}"
    return Trouble(
        f"{what}.", node.advice or "It is tried again by itself. If other nodes are up, nothing need be done."
    )


def _of_the_books(books: Books) -> list[Trouble]:
    troubles = []
    if books.unrepaired_today > MISSED_SECONDS:
        troubles.append(
            Trouble(
                f"{duration(books.unrepaired_today)} of the last day could not be repaired.",
                "Spots of that time may be missing where no other node brought them. A second node, best one"
                " that keeps a history (DXSpider), closes such gaps.",
            )
        )
    if books.refused_today:
        troubles.append(
            Trouble(
                f"PostgreSQL did not take {count(books.refused_today, 'line')} of the last day.",
                "They are kept with the reason in the table refused_rows. Report them: it is a fault of this"
                " program.",
            )
        )
    if not books.week.agree:
        troubles.append(
            Trouble(
                "The sums of what was received and what became of it do not agree.",
                "Report it with what spotkeeper status --json prints.",
            )
        )
    return troubles


def _of_the_disk(storage: Storage) -> list[Trouble]:
    advice = (
        "Take a larger disk, or keep spots for fewer days: spotkeeper storage --policy machine_days=14 shows"
        " what that frees."
    )
    troubles = []
    if storage.shortened:
        troubles.append(
            Trouble(f"Dropped before their time, for want of room: {', '.join(storage.shortened)}.", advice)
        )
    if storage.lacking_bytes:
        more = f"{storage.lacking_bytes / 1e9:,.1f} GB"
        troubles.append(
            Trouble(f"{more} more should be free on the disk, and no month is left that may go.", advice)
        )
    return troubles


def _lost(books: Books | None) -> str:
    if books is None:
        return "It cannot be told whether anything was lost: the database does not answer."
    missed = []
    if books.unrepaired_seconds:
        missed.append(f"{duration(books.unrepaired_seconds)} could not be repaired")
    if books.refused_count:
        missed.append(f"{count(books.refused_count, 'line')} could not be stored")
    if not missed:
        return "Nothing was lost in the last 7 days."
    return f"In the last 7 days {' and '.join(missed)}."


def moment(when: float | datetime) -> str:
    """2026-11-24 03:55 UTC, of a time or of Unix seconds."""
    return f"{_utc(when):%Y-%m-%d %H:%M} UTC"


def clock(when: float | datetime) -> str:
    """03:55 UTC."""
    return f"{_utc(when):%H:%M} UTC"


def _utc(when: float | datetime) -> datetime:
    return when.astimezone(UTC) if isinstance(when, datetime) else datetime.fromtimestamp(when, UTC)


def duration(seconds: float) -> str:
    """In the unit that a person would use."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        return f"{seconds / 3600:.0f} h"
    return f"{seconds / 86400:.0f} days"


def count(number: int, what: str) -> str:
    """1 line, 1,234 lines."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
