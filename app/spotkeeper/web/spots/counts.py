"""How many spots the filters find on each band, at a bounded cost."""

from collections import Counter
from collections.abc import Hashable, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

from flask import Flask, current_app

from spotkeeper.db import latest
from spotkeeper.db.latest import Sum
from spotkeeper.db.search_wanted import End, Wanted
from spotkeeper.web.api.sums_kept import Kept
from spotkeeper.web.database import reading

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
READ_AT_MOST = HOUR + MINUTE
KEPT_SECONDS = 60


def by_band(wanted: Wanted) -> Counter[str | None] | None:
    """Since `wanted.since`, whatever bands are wanted; those in none are counted under None.

    None when many spots would have to be read: for a long time and conditions that the sums do not know.
    """
    since, now = cast(datetime, wanted.since), datetime.now(UTC)
    first, last = _full_hour(since), now.replace(minute=0, second=0, microsecond=0)
    if not _is_summed(wanted) or first > last:
        if now - since > READ_AT_MOST:
            return None
        with reading() as connection:
            return latest.counts(connection, wanted)
    past = _past(since, first, last, round((now - since) / MINUTE)).by_band(wanted)
    with reading() as connection:
        return latest.counts_by_hours(connection, wanted, last) + past


def _is_summed(wanted: Wanted) -> bool:
    """Whether table hours has all that is asked for."""
    return wanted == Wanted(
        since=wanted.since,
        source=wanted.source,
        bands=wanted.bands,
        modes=wanted.modes,
        dx=End(continents=wanted.dx.continents),
        spotter=End(continents=wanted.spotter.continents),
    )


class _Past:
    """Sums of what is over; what was counted of them once is not counted again."""

    def __init__(self, sums: Sequence[Sum]) -> None:
        self._sums = sums
        self._counted: dict[Hashable, Counter[str | None]] = {}

    def by_band(self, wanted: Wanted) -> Counter[str | None]:
        key = wanted.source, *map(tuple, (wanted.modes, wanted.dx.continents, wanted.spotter.continents))
        if key not in self._counted:
            counted: Counter[str | None] = Counter()
            for part in self._sums:
                if _fits(part, wanted):
                    counted[part.band] += part.spots
            self._counted[key] = counted
        return self._counted[key]


def _fits(part: Sum, wanted: Wanted) -> bool:
    return (
        wanted.source in (None, part.source)
        and (not wanted.modes or part.mode in wanted.modes)
        and (not wanted.dx.continents or part.dx_continent in wanted.dx.continents)
        and (not wanted.spotter.continents or part.spotter_continent in wanted.spotter.continents)
    )


def _past(since: datetime, first: datetime, last: datetime, minutes: int) -> _Past:
    """Of the hours that are over, the first of which begins before `first`; so many minutes are looked at.

    Kept a minute, for there is hardly a spot that comes so late.
    """
    app = cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]
    kept: Kept = app.extensions["sums"]

    def read() -> _Past:
        with app.app_context(), reading() as connection:
            return _Past(
                latest.sums_of_spots(connection, since, first) + latest.sums(connection, first, last)
            )

    return kept.get(("spots", first, last, minutes), KEPT_SECONDS, read)


def _full_hour(moment: datetime) -> datetime:
    """The first that begins then or later."""
    start = moment.replace(minute=0, second=0, microsecond=0)
    return start if start == moment else start + HOUR
