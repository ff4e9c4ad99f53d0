"""What the page of the bands is asked to show, as it stands in the address."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from spotkeeper.db.activity import PLACES
from spotkeeper.spots.bands import BANDS
from spotkeeper.spots.modes import CLASSES, CW, DIGITAL, UNKNOWN, VOICE
from spotkeeper.web.account.chosen import shorten
from spotkeeper.web.shown import CONTINENTS

ANYWHERE = "all"
MODE_NAMES = {VOICE: "voice", CW: "CW", DIGITAL: "digital", UNKNOWN: "mode not known"}
MODES = {"": "all modes"} | {name: MODE_NAMES[name] for name in (VOICE, CW, DIGITAL)}
SERIES = {"band": "by band", "mode": "by mode"}
DAYS = {"1": "today", "7": "7 days", "30": "30 days"}
_MONTH = re.compile(r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])")


class Asked(NamedTuple):
    """Of continents ANYWHERE means all, "" the usual choice; an empty band is the busiest."""

    spotters: str = ""
    mode: str = ""
    by: str = "band"
    band: str = ""
    dx: str = ANYWHERE
    period: str = "7"
    """A key of DAYS, or a month as 2026-10."""

    @classmethod
    def parse(cls, query: Mapping[str, Sequence[str]]) -> "Asked":
        """Of the lists of values in an address. Raises ValueError, which names what it does not know."""
        for name in query:
            if name not in cls._fields:
                raise ValueError(
                    f"{shorten(name)} is not asked for here. There are {', '.join(cls._fields)}."
                )
        known = {
            "spotters": (*CONTINENTS, ANYWHERE),
            "mode": tuple(MODES),
            "by": tuple(SERIES),
            "band": BANDS,
            "dx": (*CONTINENTS, ANYWHERE),
            "period": tuple(DAYS),
        }
        given = {}
        for name, values in query.items():
            if len(values) > 1:
                raise ValueError(f"{name}: give it once, not {len(values)} times.")
            if value := values[0]:
                is_month = name == "period" and _MONTH.fullmatch(value)
                if value not in known[name] and not is_month:
                    raise ValueError(
                        f"{name}: {shorten(value)} is not known. There are"
                        f" {', '.join(filter(None, known[name]))}{' and months' * (name == 'period')}."
                    )
                given[name] = value
        return cls(**given)

    def query(self) -> dict[str, str]:
        """What `parse` takes, without what is as usual."""
        return {name: value for name, value in self._asdict().items() if value != Asked._field_defaults[name]}

    @property
    def mode_classes(self) -> Sequence[str]:
        """Of which spots count."""
        return (self.mode,) if self.mode else CLASSES


def remembered(query: Mapping[str, str]) -> Asked:
    """What an account keeps; the usual when an older release stored what there no longer is."""
    try:
        return Asked.parse({name: [value] for name, value in query.items()})
    except ValueError:
        return Asked()


def places(continent: str) -> Sequence[str]:
    """The continents that are meant; of all, also where none is known."""
    return PLACES if continent == ANYWHERE else (continent,)


def bounds(period: str, now: datetime, first: datetime) -> tuple[datetime, datetime]:
    """From when, a full hour, until when; not before `first`. Days are those of UTC, the last one runs."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if period in DAYS:
        since, until = midnight - timedelta(days=int(period) - 1), now
    else:
        year, month = map(int, period.split("-"))
        since = datetime(year, month, 1, tzinfo=UTC)
        until = min(now, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC))
    return max(since, first), until
