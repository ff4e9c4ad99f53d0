"""Which spots somebody wants to see, as it stands in the address and in the account."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from spotkeeper.db.latest import Wanted
from spotkeeper.spots.bands import BANDS
from spotkeeper.spots.comment import MODES
from spotkeeper.web.account.chosen import shorten

SOURCES = {"": "anyone", "human": "people", "machine": "skimmers"}
WINDOWS = {
    "15m": ("15 minutes", timedelta(minutes=15)),
    "1h": ("hour", timedelta(hours=1)),
    "3h": ("3 hours", timedelta(hours=3)),
    "6h": ("6 hours", timedelta(hours=6)),
    "12h": ("12 hours", timedelta(hours=12)),
    "24h": ("24 hours", timedelta(hours=24)),
}
NAMES = ("band", "mode", "source", "window")


class Filters(NamedTuple):
    """Empty bands, modes and source mean all."""

    band: tuple[str, ...] = ()
    mode: tuple[str, ...] = ()
    source: str = ""
    window: str = "1h"

    @classmethod
    def parse(cls, query: Mapping[str, Sequence[str]]) -> "Filters":
        """Of the lists of values in an address. Raises ValueError, which names what it does not know."""
        for name in query:
            if name not in NAMES:
                raise ValueError(f"{shorten(name)} is not a filter. There are {', '.join(NAMES)}.")
        return cls(
            band=_several("band", query.get("band", ()), BANDS),
            mode=_several("mode", query.get("mode", ()), MODES),
            source=_one("source", query.get("source", ()), tuple(SOURCES), cls().source),
            window=_one("window", query.get("window", ()), tuple(WINDOWS), cls().window),
        )

    def query(self) -> dict[str, list[str]]:
        """What `parse` takes."""
        given = {"band": [*self.band], "mode": [*self.mode], "source": [self.source], "window": [self.window]}
        return {name: values for name, values in given.items() if any(values)}

    @property
    def wanted(self) -> Wanted:
        """For the queries."""
        return Wanted(WINDOWS[self.window][1], self.band, self.mode, self.source)


def _several(name: str, given: Sequence[str], known: tuple[str, ...]) -> tuple[str, ...]:
    for value in given:
        if value not in known:
            raise ValueError(
                f"{name}: {shorten(value)} is not known. There are {', '.join(filter(None, known))}."
            )
    return tuple(value for value in known if value in given)


def _one(name: str, given: Sequence[str], known: tuple[str, ...], default: str) -> str:
    values = _several(name, given, known)
    if len(values) > 1:
        raise ValueError(f"{name}: give it once, not {len(values)} times.")
    return values[0] if values else default
