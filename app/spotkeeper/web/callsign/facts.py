"""What is read of a call for its page."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from spotkeeper.db import callsign as table
from spotkeeper.db.calls import Suggested, suggested
from spotkeeper.db.callsign import Known, Report, Reports
from spotkeeper.db.connection import Connection
from spotkeeper.db.search import search
from spotkeeper.db.search_wanted import End, Row, Wanted
from spotkeeper.web.api import sums_answers
from spotkeeper.web.api.sums_callsign import BUSY_KEPT_SECONDS
from spotkeeper.web.api.sums_reports import Stations, by_station, farthest, of_others, strongest
from spotkeeper.web.callsign.heard import OnBand, by_band

NEWEST_SPOTS = 20
SUGGESTED = 12


class Facts(NamedTuple):
    """A call and its other forms, as EA8/DL1ABC."""

    forms: Mapping[str, Known | None]
    """The call itself is the first."""
    hours: int
    """That are looked at."""
    similar: list[Suggested]
    """Calls that begin like one that is not known."""

    @property
    def known(self) -> Known | None:
        """Of the call itself."""
        return next(iter(self.forms.values()))

    @property
    def is_known(self) -> bool:
        """In one form at least."""
        return any(self.forms.values())

    @property
    def last_spotted(self) -> datetime | None:
        """In any form."""
        return _latest(each.last_spotted for each in self.forms.values() if each)

    @property
    def is_busy(self) -> bool:
        """In one form at least."""
        return any(each and each.is_busy for each in self.forms.values())


class Sums(NamedTuple):
    """Of the hours that are looked at."""

    spots: int
    """Of the call in all its forms, by others."""
    self_spots: int
    heard_since: datetime | None
    """From when on these are told; None: of all the hours."""
    heard_by: Stations
    bands: list[OnBand]
    farthest: Report | None
    strongest: Report | None
    spotted: int
    """By the call itself, of others."""
    hears: Stations
    hears_since: datetime
    grid: str | None
    """The last one that was said."""
    newest: list[Row]
    """Of any time."""


def facts_of(
    connection: Connection, call: str, variants: Iterable[str], hours: int | None, now: datetime
) -> Facts:
    """Without `hours`, of the shortest time, but for hours, in which it was heard, or else heard others."""
    forms = {each: table.known(connection, each) for each in (call, *variants)}
    heard_of = [each for each in forms.values() if each]
    return Facts(
        forms,
        hours or _usual(heard_of, now),
        [] if heard_of else suggested(connection, call[:3], SUGGESTED),
    )


def sums_of(connection: Connection, facts: Facts, now: datetime, most: int) -> Sums:
    """With at most so many stations in a list; those of busy calls may be some seconds old."""
    if not facts.is_busy:
        return _read(connection, facts, now, most)
    key = "call", *facts.forms, facts.hours, most
    moment = sums_answers.Moment.of(now, BUSY_KEPT_SECONDS)
    return sums_answers.made().get(key, moment, lambda: _read(connection, facts, now, most))


def _read(connection: Connection, facts: Facts, now: datetime, most: int) -> Sums:
    since = now - timedelta(hours=facts.hours)
    of_forms = [
        table.heard_by(connection, call, since, min(now, known.last_spotted))
        for call, known in facts.forms.items()
        if known and known.last_spotted and known.last_spotted >= since
    ]
    heard_since = max((each.since for each in of_forms), default=since)
    spots = [report for each in of_forms for report in each.found if report.time >= heard_since]
    spots.sort(key=attrgetter("time"), reverse=True)
    spotted = Reports(since, [])
    call, known = next(iter(facts.forms.items()))
    if known and known.last_spotting and known.last_spotting >= since:
        spotted = table.hears(connection, call, since, min(now, known.last_spotting))
    by_others, others = of_others(call, spots), of_others(call, spotted.found)
    return Sums(
        spots=len(by_others),
        self_spots=len(spots) - len(by_others),
        heard_since=heard_since if heard_since > since else None,
        heard_by=by_station(by_others, most),
        bands=by_band(by_others),
        farthest=farthest(by_others),
        strongest=strongest(by_others),
        spotted=len(others),
        hears=by_station(others, most),
        hears_since=spotted.since,
        grid=next((each.grid for each in (*spots, *spotted.found) if each.grid), None),
        newest=search(connection, Wanted(dx=End(calls=list(facts.forms))), NEWEST_SPOTS).spots,
    )


def _usual(heard_of: Sequence[Known], now: datetime) -> int:
    lasts = (
        _latest(each.last_spotted for each in heard_of),
        _latest(each.last_spotting for each in heard_of),
    )
    for last in lasts:
        for hours in (24, 168, 720):
            if last and now - last < timedelta(hours=hours):
                return hours
    return 24


def _latest(moments: Iterable[datetime | None]) -> datetime | None:
    return max(filter(None, moments), default=None)
