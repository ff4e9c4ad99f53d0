"""Where somebody is, as exactly as it is known, and who is near there."""

from typing import Any, NamedTuple

from spotkeeper.spots.countries import Place
from spotkeeper.spots.openings import NEAR_KM, REGION_KM
from spotkeeper.spots.places import Point, distance_km, middle_of
from spotkeeper.web.account.chosen import Chosen
from spotkeeper.web.api import sums_places
from spotkeeper.web.shown import CONTINENTS, distance

MIDDLES = {
    "EU": Point(50, 12),
    "AF": Point(2, 20),
    "AS": Point(35, 105),
    "NA": Point(40, -96),
    "SA": Point(-18, -58),
    "OC": Point(-25, 145),
    "AN": Point(-75, 0),
}
"""Of continents: a point in the middle of those who are on the air there."""


class Here(NamedTuple):
    """By a grid, else by the country of a call, else unknown: then everybody is near."""

    grid: str
    """As JN03ab; empty when it is not known."""
    country: Place | None
    """Only without a grid."""

    @classmethod
    def of(cls, grid: str, chosen: Chosen) -> "Here":
        """The grid, else that of the account, else the country of its call."""
        if grid or chosen.grid:
            return cls(grid or chosen.grid, None)
        return cls("", sums_places.place_of(chosen.callsign) if chosen.callsign else None)

    @property
    def point(self) -> Point | None:
        """None when it is not known."""
        if self.grid:
            return middle_of(self.grid.upper())
        return self.country.point if self.country else None

    @property
    def near(self) -> dict[str, Any]:
        """Arguments of sums_conditions.answer: those whose evidence counts."""
        if self.grid:
            return {"grid": self.grid, "within_km": NEAR_KM}
        return {"dxcc": self.country.dxcc} if self.country else {}

    @property
    def region(self) -> dict[str, Any]:
        """The same, of those further away."""
        if self.grid:
            return {"grid": self.grid, "within_km": REGION_KM}
        return {"continent": self.country.continent} if self.country else {}

    def near_words(self, units: str) -> str:
        """Behind "4 spotters"."""
        if self.grid:
            return f"within {distance(NEAR_KM, units)} of you"
        return f"in {self.country.name}" if self.country else "around the world"

    def region_words(self, units: str) -> str:
        """Behind "4 spotters"."""
        if self.grid:
            return f"within {distance(REGION_KM, units)}"
        return f"in {CONTINENTS[self.country.continent]}" if self.country else "around the world"

    def has_near(self, call: str, grid: str | None, dxcc: int | None) -> bool:
        """Whether a spotter is."""
        if not self.grid:
            return self.country is None or dxcc == self.country.dxcc
        there = sums_places.position_of(call, grid)
        here = self.point
        if not (here and there):
            return False
        return distance_km(here, there.point) <= NEAR_KM
