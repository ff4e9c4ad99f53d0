"""What the page of the bands is made of, kept for a while in the dashboard's process."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeVar, cast

from flask import Flask, current_app

from spotkeeper.db import activity
from spotkeeper.db.activity import Mark, Profile
from spotkeeper.db.connection import Connection
from spotkeeper.db.sums import newest
from spotkeeper.web.api.sums_kept import Kept
from spotkeeper.web.database import reading
from spotkeeper.web.now.tiles import SILENT

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHOWN_HOURS = 48
# The hours shown begin where a label stands.
LABELLED_HOURS = 6
USUAL_DAYS = 28
_SECONDS, _DAY_SECONDS = 60, 24 * 60 * 60
_HEAT_SECONDS = 300

Value = TypeVar("Value")


class Part(NamedTuple):
    """Spots that are counted together."""

    band: str
    mode_class: str
    spotters: str


class Recent(NamedTuple):
    """The hours from `since`, SHOWN_HOURS of them; the last ones may be still to come."""

    since: datetime
    until: datetime
    people: dict[Part, list[int]]
    machines: dict[Part, list[int]]


class Usual(NamedTuple):
    """The hour before `until`, and the same minutes of each of the days before that have spots at all."""

    until: datetime
    newest: datetime | None
    """The newest spot of all."""
    now: dict[Part, int]
    days: int
    past: dict[Part, list[float]]

    @property
    def is_silent(self) -> bool:
        """Whether spots have stopped to come, so that it is not known how busy the bands are."""
        return self.newest is None or self.until - self.newest > SILENT


class Waterfall(NamedTuple):
    """Marks by band, the newest first."""

    since: datetime
    until: datetime
    marks: dict[str, list[Mark]]


def add_to(app: Flask) -> None:
    """Give the app what it keeps of them."""
    app.extensions["bands"] = Kept()


def recent() -> Recent:
    """By full hours."""

    def make(connection: Connection, now: datetime) -> Recent:
        end = now.replace(minute=0) + HOUR
        end += HOUR * (-end.hour % LABELLED_HOURS)
        since = end - SHOWN_HOURS * HOUR
        found = Recent(since, now, {}, {})
        hours = [since + number * HOUR for number in range(SHOWN_HOURS)]
        for row in activity.hours(connection, hours):
            side = found.machines if row.by_machine else found.people
            part = Part(row.band, row.mode_class, row.spotter_continent)
            side.setdefault(part, [0] * SHOWN_HOURS)[(row.hour - since) // HOUR] += row.spots
        return found

    return _kept("recent", _SECONDS, make)


def usual() -> Usual:
    """By minutes: of the two hours of a day, in which the same 60 minutes lie, each counts by its share."""

    def make(connection: Connection, now: datetime) -> Usual:
        hour = now.replace(minute=0)
        minutes_of = {
            hour - ago * HOUR - day * DAY: (day - 1, minutes)
            for day in range(1, USUAL_DAYS + 1)
            for ago, minutes in ((0, now.minute), (1, 60 - now.minute))
        }
        by_day: defaultdict[Part, list[int]] = defaultdict(lambda: [0] * USUAL_DAYS)
        heard = set()
        for row in activity.hours(connection, list(minutes_of)):
            day, minutes = minutes_of[row.hour]
            heard.add(day)
            by_day[Part(row.band, row.mode_class, row.spotter_continent)][day] += minutes * row.spots
        latest: Counter[Part] = Counter()
        for last in activity.latest(connection, now - HOUR, now):
            latest[Part(last.band, last.mode_class, last.spotter_continent)] += last.spots
        # A day on which nothing came at all says nothing of the bands.
        past = {part: [days[day] / 60 for day in sorted(heard)] for part, days in by_day.items()}
        return Usual(now, newest(connection, now), dict(latest), len(heard), past)

    return _kept("usual", _SECONDS, make)


def waterfall(length: timedelta) -> Waterfall:
    """Of all bands."""

    def make(connection: Connection, now: datetime) -> Waterfall:
        since, found = activity.marks(connection, now - length, now)
        by_band: defaultdict[str, list[Mark]] = defaultdict(list)
        for mark in found:
            by_band[mark.band].append(mark)
        return Waterfall(since, now, dict(by_band))

    return _kept(("waterfall", length), _SECONDS, make)


def first_hour() -> datetime | None:
    """Of which there are sums at all."""
    return _kept("first", _SECONDS, lambda connection, now: activity.first_hour(connection))


def profiles(since: datetime, until: datetime) -> tuple[Sequence[Profile], datetime]:
    """Together those of the time, and its end: of a day that runs when it was read.

    Days that are over are read again when their number of spots has changed: some were imported, or waited
    for the database.
    """
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    if since < midnight:
        end = min(midnight, until)
        spots = _kept(
            ("spots", since, end),
            _HEAT_SECONDS,
            lambda connection, now: activity.spots(connection, since, end),
        )
        key = "profile", since, end, spots
        found.append(
            _kept(key, _DAY_SECONDS, lambda connection, now: activity.profile(connection, since, end))
        )
    if until > midnight:
        today, until = _kept(
            ("today", midnight),
            _HEAT_SECONDS,
            lambda connection, now: (activity.profile(connection, midnight, midnight + DAY), now),
        )
        found.append(today)
    return found, until


def _kept(key: object, seconds: int, make: Callable[[Connection, datetime], Value]) -> Value:
    app = cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]
    kept: Kept = app.extensions["bands"]

    def read() -> Value:
        with app.app_context(), reading() as connection:
            return make(connection, datetime.now(UTC).replace(second=0, microsecond=0))

    return kept.get(key, seconds, read)
