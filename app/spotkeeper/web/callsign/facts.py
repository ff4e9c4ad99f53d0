"""What is read of a call for its page."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from spotkeeper.db import callsign as table
from spotkeeper.db.calls import Suggested, suggested
from spotkeeper.db.callsign import Known, Report
from spotkeeper.db.connection import Connection
from spotkeeper.db.search import search
from spotkeeper.db.search_wanted import End, Row, Wanted

NEWEST_SPOTS = 20
SUGGESTED = 12


class Facts(NamedTuple):
    """Of a call, and of its other forms as EA8/DL1ABC; reports and spots have the newest first."""

    known: Known | None
    last_heard: datetime | None
    is_known: bool
    """In one form at least."""
    hours: str
    """That the reports are of."""
    heard_by: list[Report]
    hears: list[Report]
    """By the call itself."""
    hears_since: datetime
    newest: list[Row]
    similar: list[Suggested]
    """Calls that begin like one that is not known."""

    @property
    def grid(self) -> str | None:
        """The last one that was said."""
        return next((each.grid for each in (*self.heard_by, *self.hears) if each.grid), None)


def read(connection: Connection, call: str, variants: Sequence[str], hours: str, now: datetime) -> Facts:
    """Without `hours`, of the shortest time, but for hours, in which it was heard, or else heard others."""
    forms = {each: table.known(connection, each) for each in (call, *variants)}
    heard_of = [each for each in forms.values() if each]
    last_heard = _latest(each.last_spotted for each in heard_of)
    hours = hours or _usual((last_heard, _latest(each.last_spotting for each in heard_of)), now)
    since = now - timedelta(hours=int(hours))
    heard_by, hears = [], []
    for each, known in forms.items():
        if known and known.last_spotted and known.last_spotted >= since:
            heard_by += table.heard_by(connection, each, since, min(now, known.last_spotted))
    known = forms[call]
    if known and known.last_spotting and known.last_spotting >= since:
        hears = table.hears(connection, call, since, min(now, known.last_spotting))
    return Facts(
        known=known,
        last_heard=last_heard,
        is_known=bool(heard_of),
        hours=hours,
        heard_by=sorted(heard_by, key=attrgetter("time"), reverse=True),
        hears=hears,
        hears_since=_since(hears, since),
        newest=search(connection, Wanted(dx=End(calls=list(forms))), NEWEST_SPOTS).spots,
        similar=[] if heard_of else suggested(connection, call[:3], SUGGESTED),
    )


def _usual(lasts: Iterable[datetime | None], now: datetime) -> str:
    for last in lasts:
        for hours in ("24", "168", "720"):
            if last and now - last < timedelta(hours=int(hours)):
                return hours
    return "24"


def _latest(moments: Iterable[datetime | None]) -> datetime | None:
    return max(filter(None, moments), default=None)


def _since(hears: Sequence[Report], since: datetime) -> datetime:
    """From when on all that it heard is among the reports."""
    if len(hears) == table.NEWEST:
        return hears[-1].time
    # Of a skimmer the last hour is read.
    return max(since, hears[0].time - table.NEAR) if any(each.by_machine for each in hears) else since
