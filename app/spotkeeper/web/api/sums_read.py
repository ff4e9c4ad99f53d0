"""The sums, as the API's paths, new and old, ask for them: each with the moment of which it is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeVar, cast

from flask import Flask, current_app
from flask.blueprints import BlueprintSetupState

from spotkeeper.db import conditions, sums
from spotkeeper.db.conditions import Hearing
from spotkeeper.db.connection import Connection
from spotkeeper.db.sums import HOUR, HourSum, Stats
from spotkeeper.web.api.sums_evidence import Heard, Kind, by_kind
from spotkeeper.web.api.sums_kept import Kept
from spotkeeper.web.database import reading

LONGEST_HOURS = 168
NOW_MINUTES = 30
FIGURES_KEPT = timedelta(days=7)
# How long a sum is kept. What reads more is kept longer.
SHORT_SECONDS, LONG_SECONDS = 10, 60

Value = TypeVar("Value")


class Windowed(NamedTuple):
    """What is summed up from `since`, which is later than asked where there are too many, to `until`."""

    since: datetime
    until: datetime
    sums: Any


class StatsThen(NamedTuple):
    """The stats of a moment."""

    until: datetime
    sums: Stats


class Activity(NamedTuple):
    """An hour, and how many different stations it had; None when they are not counted yet."""

    hour: HourSum
    dx: int | None
    spotters: int | None


class Stations:
    """How many different stations each hour had, counted anew only when its number of spots has changed."""

    def __init__(self) -> None:
        self._counted: dict[datetime, tuple[int, int, int]] = {}

    def of(self, connection: Connection, hours: list[HourSum]) -> list[Activity]:
        """Of these hours, which are in order.

        Those not counted yet are counted, from the newest backwards, as far as a window of spots reaches; the
        rest another time.
        """
        budget = sums.NEWEST
        for hour in reversed(hours):
            if self._counted.get(hour.hour, (0,))[0] != hour.spots:
                if hour.spots > budget:
                    break
                budget -= hour.spots
                self._counted[hour.hour] = hour.spots, *sums.stations_of_hour(connection, hour.hour)
        for old in sorted(self._counted)[: -2 * LONGEST_HOURS]:
            self._counted.pop(old, None)
        return [self._activity(hour) for hour in hours]

    def _activity(self, hour: HourSum) -> Activity:
        if not hour.spots:
            return Activity(hour, 0, 0)
        spots, dx, spotters = self._counted.get(hour.hour, (0, 0, 0))
        return Activity(hour, dx, spotters) if spots == hour.spots else Activity(hour, None, None)


def add_to(state: BlueprintSetupState) -> None:
    """Give the app what it keeps of them."""
    state.app.extensions["sums"] = Kept()
    state.app.extensions["sums-stations"] = Stations()


def stats() -> StatsThen:
    """Of all time, the day and the hour."""

    def make(connection: Connection, until: datetime) -> StatsThen:
        return StatsThen(until, sums.stats(connection, midnight(until), until))

    return _kept("stats", SHORT_SECONDS, make)


def bands(hours: int) -> Windowed:
    """A list of BandSum."""

    def make(connection: Connection, until: datetime) -> Windowed:
        since, found = sums.bands(connection, until - timedelta(hours=hours), until)
        return Windowed(since, until, found)

    return _kept(("bands", hours), _seconds(hours), make)


def frequencies(hours: int) -> Windowed:
    """Frequencies."""

    def make(connection: Connection, until: datetime) -> Windowed:
        found = sums.frequencies(connection, until - timedelta(hours=hours), until)
        return Windowed(found.since, until, found)

    return _kept(("frequencies", hours), _seconds(hours), make)


def top(hours: int) -> Windowed:
    """A Top."""

    def make(connection: Connection, until: datetime) -> Windowed:
        found = sums.top(connection, until - timedelta(hours=hours), until)
        return Windowed(found.since, until, found)

    return _kept(("top", hours), _seconds(hours), make)


def activity(hours: int) -> Windowed:
    """A list of Activity: every hour of as many, the one that runs among them, also those without a spot."""

    def make(connection: Connection, until: datetime) -> Windowed:
        since, end = full_hours(hours, until)
        found = {row.hour: row for row in sums.hours(connection, since, end)}
        every = [since + number * HOUR for number in range(hours)]
        stations: Stations = current_app.extensions["sums-stations"]
        rows = stations.of(connection, [found.get(hour) or HourSum(hour, 0, 0) for hour in every])
        return Windowed(since, until, rows)

    return _kept(("activity", hours), _seconds(hours), make)


def dxcc(hours: int) -> Windowed:
    """A list of DxccSum."""

    def make(connection: Connection, until: datetime) -> Windowed:
        since, end = full_hours(hours, until)
        return Windowed(since, until, sums.dxcc(connection, since, end))

    return _kept(("dxcc", hours), _seconds(hours), make)


def solar(hours: int) -> Windowed:
    """A list of Bulletin: those of the window and of FIGURES_KEPT at least."""

    def make(connection: Connection, until: datetime) -> Windowed:
        since = until - timedelta(hours=hours)
        return Windowed(since, until, sums.bulletins(connection, min(since, until - FIGURES_KEPT)))

    return _kept(("solar", hours), SHORT_SECONDS, make)


class Now(NamedTuple):
    """The last NOW_MINUTES, and the time of the newest spot, be it older."""

    since: datetime
    until: datetime
    newest: datetime | None
    hearings: list[Hearing]
    heard: dict[Kind, Heard]


def now() -> Now:
    """What was heard."""

    def make(connection: Connection, until: datetime) -> Now:
        since = until - timedelta(minutes=NOW_MINUTES)
        found = conditions.hearings(connection, since, until)
        newest = max((row.latest for row in found), default=None) or sums.newest(connection, until)
        return Now(since, until, newest, found, by_kind(found))

    return _kept("now", SHORT_SECONDS, make)


def midnight(moment: datetime) -> datetime:
    """The beginning of its day in UTC."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def full_hours(hours: int, until: datetime) -> tuple[datetime, datetime]:
    """The beginning of the first and the end of the last of so many hours; `until` lies in the last."""
    end = until.replace(minute=0, second=0, microsecond=0) + HOUR
    return end - hours * HOUR, end


def _seconds(hours: int) -> int:
    return SHORT_SECONDS if hours <= 1 else LONG_SECONDS


def _kept(key: object, seconds: int, make: Callable[[Connection, datetime], Value]) -> Value:
    app = cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]
    kept: Kept = app.extensions["sums"]

    def read() -> Value:
        with app.app_context(), reading() as connection:
            return make(connection, datetime.now(UTC))

    return kept.get(key, seconds, read)
