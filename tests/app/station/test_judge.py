"""What the owner is told, for all that may be."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from spotkeeper.db.station import Books, Sums
from spotkeeper.keeping.storage import Storage
from spotkeeper.settings import Keeping
from spotkeeper.station import Report, judge
from spotkeeper.station_text import text
from spotkeeper.status import DatabaseStatus, SpoolStatus, Status
from spotkeeper.systemd import Unit

from tests.app.station.made_up import NOW, node, status

GB = 1_000_000_000
SUMS = Sums(received=1234, stored=1200, doubled=34, recovered=0, unparsed=0, refused=0)
BOOKS = Books(
    last_stored=datetime.fromtimestamp(NOW - 60, UTC),
    today=SUMS,
    week=SUMS,
    gaps=[],
    gaps_count=0,
    unrepaired_seconds=0,
    unrepaired_today=0,
    refused=[],
    refused_count=0,
    refused_today=0,
)


def report(
    said: Status | None = None,
    books: Books | None = BOOKS,
    silence: str = "",
    unit: Unit | None = None,
    stored: Storage | None = None,
) -> Report:
    return judge(said, silence, unit, books, stored, datetime.fromtimestamp(NOW, UTC))


def storage(**other: Any) -> Storage:
    """Roomy, unless said otherwise."""
    now = datetime.fromtimestamp(NOW, UTC)
    roomy = Storage(
        now, Keeping(), [], 0, {}, 0, 0, None, 25 * GB, 20 * GB, 4 * GB, 0, [], 0, now, days_left=None
    )
    return msgspec.structs.replace(roomy, **other)


def books(**other: Any) -> Books:
    return msgspec.structs.replace(BOOKS, **other)


def test_all_is_well() -> None:
    told = report(status())
    assert told.well
    assert told.alive
    assert told.headline == "The scraper is alive since 2025-11-25 02:55 UTC."
    assert told.lost == "Nothing was lost in the last 7 days."


@pytest.mark.parametrize(
    ("unit", "what", "advice"),
    [
        (
            None,
            "The scraper does not answer (nobody listens on port 9810); the last spot was stored",
            "journal",
        ),
        (
            Unit("inactive", NOW - 600, "success", 0),
            "The scraper is stopped since 2025-11-25 03:45 UTC; the last spot was stored at 2025-11-25 03:54",
            "systemctl start spotkeeper-scraper",
        ),
        (
            Unit("activating", NOW - 600, "exit-code", 17),
            "The scraper does not come up since 2025-11-25 03:45 UTC (exit-code, 17 restarts);",
            "says why",
        ),
        (Unit("active", NOW - 600, "success", 0), "The scraper runs but does not answer", "restart"),
    ],
)
def test_it_says_since_when_the_scraper_is_away_and_what_to_do(
    unit: Unit | None, what: str, advice: str
) -> None:
    told = report(None, silence="nobody listens on port 9810", unit=unit)
    assert not told.alive
    assert not told.well
    assert told.headline.startswith(what)
    assert advice in told.troubles[0].advice


@pytest.mark.parametrize(
    ("said", "what", "advice"),
    [
        (status(hung=["writer"]), "No progress: writer.", "systemd ends the scraper"),
        (
            status(
                nodes=[
                    node(),
                    node(
                        "other",
                        phase="waiting",
                        since=NOW - 300,
                        reason="refused",
                        sentence="says 'Sorry F5AAA is an invalid callsign'",
                        advice="Register the call with the sysop.",
                        next_attempt=NOW + 3300,
                    ),
                ]
            ),
            "other: says 'Sorry F5AAA is an invalid callsign', since 2025-11-25 03:50 UTC;"
            " the next attempt is at 04:50 UTC.",
            "Register the call with the sysop.",
        ),
        (
            status(
                nodes=[node(phase="given up", since=NOW - 300, reason="refused", sentence="wrong password")]
            ),
            "demo: wrong password, since 2025-11-25 03:50 UTC.",
            "",
        ),
        (
            status(nodes=[node(last_spot=NOW - 3000)]),
            "No spot since 2025-11-25 03:05 UTC from any node, though a session is up.",
            "filter",
        ),
        (
            status(database=DatabaseStatus(up=False, trouble="connection refused", since=NOW - 120)),
            "The database takes no spots since 2025-11-25 03:53 UTC: connection refused",
            "nothing is lost",
        ),
        (
            status(spool=SpoolStatus(lines=9, bytes=1_200, max_bytes=2_000, oldest=NOW - 9)),
            "The spool is filled to 60%.",
            "At its bound nothing more is read",
        ),
        (
            status(spool=SpoolStatus(lines=9, bytes=900, max_bytes=2_000, oldest=NOW - 900)),
            "Spots wait in the spool since 2025-11-25 03:40 UTC, though the database is there.",
            "does not keep up",
        ),
        (status(countries=False), "Spots are stored without country", "hamradio-files"),
    ],
)
def test_each_trouble_is_named_with_what_to_do(said: Status, what: str, advice: str) -> None:
    told = report(said)
    assert told.alive
    assert not told.well
    (trouble,) = told.troubles
    assert trouble.what.startswith(what)
    assert advice in trouble.advice
    assert trouble.advice


def test_a_node_that_was_just_called_is_no_trouble() -> None:
    nodes = [node(phase="logging in", since=NOW - 5, last_spot=None, sessions=0)]
    assert report(status(started=NOW - 5, nodes=nodes)).well
    assert not report(status(nodes=nodes)).well


@pytest.mark.parametrize(
    ("kept", "lost", "trouble"),
    [
        (
            books(unrepaired_seconds=200.0, unrepaired_today=200.0),
            "In the last 7 days 3 min could not be repaired.",
            "3 min of the last day could not be repaired.",
        ),
        (
            books(refused_count=2, refused_today=1),
            "In the last 7 days 2 lines could not be stored.",
            "PostgreSQL did not take 1 line of the last day.",
        ),
        (
            books(week=msgspec.structs.replace(SUMS, stored=1199)),
            "Nothing was lost in the last 7 days.",
            "The sums of what was received and what became of it do not agree.",
        ),
    ],
)
def test_what_was_lost_is_said(kept: Books, lost: str, trouble: str) -> None:
    told = report(status(), kept)
    assert told.lost == lost
    assert [each.what for each in told.troubles] == [trouble]


def test_a_moment_that_was_missed_is_said_and_is_no_trouble() -> None:
    told = report(status(), books(unrepaired_seconds=5.0, unrepaired_today=5.0))
    assert told.lost == "In the last 7 days 5 s could not be repaired."
    assert told.well


def test_what_was_lost_days_ago_is_said_and_is_no_trouble_any_more() -> None:
    told = report(status(), books(unrepaired_seconds=200.0))
    assert told.lost == "In the last 7 days 3 min could not be repaired."
    assert told.well


def test_without_the_database_it_cannot_be_told_whether_anything_was_lost() -> None:
    assert "cannot be told" in report(status(), None).lost


@pytest.mark.parametrize(
    ("stored", "trouble"),
    [
        ({"lacking_bytes": 1_500_000_000}, "1.5 GB more should be free on the disk, and no month is left"),
        ({"shortened": ["machine 2025-09"]}, "Dropped before their time, for want of room: machine 2025-09."),
    ],
)
def test_a_disk_that_is_short_is_a_trouble(stored: dict[str, Any], trouble: str) -> None:
    told = report(status(), stored=storage(**stored))
    assert told.troubles[0].what.startswith(trouble)
    assert not told.well
    assert report(status(), stored=storage()).well


@pytest.mark.parametrize(
    ("days_left", "words"),
    [(None, "shall be"), (210, "for 210 days"), (1, "for 1 day"), (800, "for 2 years")],
)
def test_how_long_the_disk_lasts_is_said(days_left: int | None, words: str) -> None:
    lines = text(report(status(), stored=storage(days_left=days_left))).splitlines()
    assert next(line for line in lines if line.startswith("Disk ")).endswith(words)
