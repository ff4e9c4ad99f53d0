"""What speaks for openings: tens of thousands of hearings, of which whole columns are added up at once."""

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from spotkeeper.db.conditions import Hearing
from spotkeeper.spots.modes import UNKNOWN, VOICE, class_of


class Place(NamedTuple):
    """Where spotters are near; what is given must hold together."""

    spotters: Container[str] | None
    dxcc: int | None
    continent: str | None


class Kind(NamedTuple):
    """What hearings have in common."""

    band: str | None
    mode: str | None
    of_fm: bool
    voice_segment: str | None
    is_self_spot: bool
    """Which speaks for no opening."""

    @property
    def is_ten_metre_fm(self) -> bool:
        """By the frequency, unless a mode says that it is none."""
        return self.of_fm and self.band == "10m" and class_of(self.mode) in (VOICE, UNKNOWN)


_kind_of = attrgetter(*Kind._fields)


class Evidence:
    """What of some hearings speaks for an opening; `latest` is None when there are none."""

    def __init__(self, hearings: Sequence[Hearing] = ()) -> None:
        columns = _columns(hearings)
        self.spots: int = sum(columns.spots)
        self.spotters: set[str] = set(columns.spotter)
        self.latest: datetime | None = max(columns.latest, default=None)
        self.highest_hz: int = max(columns.highest_hz, default=0)

    def add(self, other: "Evidence") -> None:
        """What speaks for the same."""
        if other.latest:
            self.spots += other.spots
            self.spotters |= other.spotters
            self.latest = max(self.latest or other.latest, other.latest)
            self.highest_hz = max(self.highest_hz, other.highest_hz)

    def told(self) -> dict[str, Any]:
        """As EvidenceSchema describes it."""
        return {
            "spots": self.spots,
            "spotters": len(self.spotters),
            "latest": self.latest,
            "max_khz": self.highest_hz / 1000 or None,
        }


class Heard(Evidence):
    """With all that is told of a band; `pairs` are spots by the continents of DX and spotter."""

    def __init__(self, hearings: Sequence[Hearing]) -> None:
        super().__init__(hearings)
        self._hearings = hearings
        columns = _columns(hearings)
        self.pairs: defaultdict[tuple[str, str], int] = defaultdict(int)
        for *pair, spots in zip(columns.dx_continent, columns.spotter_continent, columns.spots, strict=True):
            self.pairs[*pair] += spots

    def near(self, place: Place) -> Evidence:
        """That of spotters at the place."""
        found = self._hearings
        if place.spotters is not None:
            found = [hearing for hearing in found if hearing.spotter in place.spotters]
        if place.dxcc is not None:
            found = [hearing for hearing in found if hearing.spotter_dxcc == place.dxcc]
        if place.continent is not None:
            found = [hearing for hearing in found if hearing.spotter_continent == place.continent]
        return self if len(found) == len(self._hearings) else Evidence(found)


def _columns(hearings: Sequence[Hearing]) -> Any:
    """A tuple of values by the name of each."""
    return Hearing._make(zip(*hearings, strict=True) if hearings else [()] * len(Hearing._fields))


def by_kind(hearings: Iterable[Hearing]) -> dict[Kind, Heard]:
    """Everything that was heard."""
    found: defaultdict[tuple[Any, ...], list[Hearing]] = defaultdict(list)
    for hearing in hearings:
        found[_kind_of(hearing)].append(hearing)
    return {Kind._make(kind): Heard(of_kind) for kind, of_kind in found.items()}
