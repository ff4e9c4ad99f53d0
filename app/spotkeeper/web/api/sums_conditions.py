"""What the bands carry now, and what of it speaks for openings near a place."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from spotkeeper.db.conditions import Hearing
from spotkeeper.spots.bands import BANDS
from spotkeeper.spots.modes import CLASSES, class_of
from spotkeeper.spots.places import Point, distance_km, middle_of
from spotkeeper.web.api import sums_answers, sums_places, sums_read
from spotkeeper.web.api.blueprint import Blueprint
from spotkeeper.web.api.sums_answers import made, told
from spotkeeper.web.api.sums_evidence import Evidence, Heard, Kind, Place
from spotkeeper.web.api.sums_read import Now
from spotkeeper.web.api.sums_schemas import WITHIN_KM, ConditionsQuery, ConditionsSchema

ALWAYS = frozenset(BANDS[BANDS.index("160m") : BANDS.index("2m") + 1]) - {"8m", "4m"}


class Asked(NamedTuple):
    """Where spotters are near: what is given must hold together. `grid` in capitals, `within_km` of it."""

    grid: str | None
    dxcc: int | None
    continent: str | None
    within_km: int


blueprint = Blueprint("conditions", __name__, "What is open now")
blueprint.after_request(sums_answers.tell_how_long)


@blueprint.route("/conditions")
@blueprint.arguments(ConditionsQuery, location="query")
@blueprint.response(200, ConditionsSchema)
@told(ConditionsSchema, lambda query: sums_read.now())
def conditions(query: dict[str, Any], found: Now) -> dict[str, Any]:
    """Tell what each band carries now"""
    grid = query.get("grid")
    return _answer(
        found,
        Asked(grid.upper() if grid else None, query.get("dxcc"), query.get("continent"), query["within_km"]),
    )


def answer(
    grid: str | None = None, dxcc: int | None = None, continent: str | None = None, within_km: int = WITHIN_KM
) -> dict[str, Any]:
    """What ConditionsSchema describes, with times as datetime; it is shared: change nothing of it.

    It is made once for those who ask the same in the ten seconds that the sum of the hearings is kept. Raises
    psycopg.OperationalError when the database is away.
    """
    found = sums_read.now()
    asked = Asked(grid.upper() if grid else None, dxcc, continent, within_km)
    return made().get(asked, found, lambda: _answer(found, asked))


def _answer(found: Now, asked: Asked) -> dict[str, Any]:
    place = _place(found, asked)
    bands = {band: _Summary(band, place) for band in BANDS}
    ten_metre_fm = _Summary("10m", place)
    for kind, heard in found.heard.items():
        if kind.voice_segment:
            bands[kind.voice_segment].voice_segment_spots += heard.spots
        if kind.is_ten_metre_fm:
            ten_metre_fm.voice_segment_spots += heard.spots
        if kind.band is None or kind.is_self_spot:
            continue
        near = heard.near(place) if place else None
        bands[kind.band].add_kind(kind, heard, near)
        if kind.is_ten_metre_fm:
            ten_metre_fm.add_kind(kind, heard, near)
    listed = ALWAYS | {kind.band for kind in found.heard}
    return {
        "since": found.since,
        "until": found.until,
        "newest": found.newest,
        "bands": [summary.told() for band, summary in bands.items() if band in listed],
        "ten_metre_fm": ten_metre_fm.told(),
    }


class _Part(Evidence):
    """Of a band or of a class of modes on it: by any spotter, and near the place, if there is one."""

    def __init__(self, place: Place | None) -> None:
        super().__init__()
        self._near = Evidence() if place else None

    def add_both(self, heard: Evidence, near: Evidence | None) -> None:
        self.add(heard)
        if self._near and near:
            self._near.add(near)

    def told(self) -> dict[str, Any]:
        return {**super().told(), "near": self._near.told() if self._near else None}


class _Summary(_Part):
    """Of a band."""

    def __init__(self, band: str, place: Place | None) -> None:
        super().__init__(place)
        self._band = band
        self._classes = {name: _Part(place) for name in CLASSES}
        self._pairs: Counter[tuple[str, str]] = Counter()
        self.voice_segment_spots = 0

    def add_kind(self, kind: Kind, heard: Heard, near: Evidence | None) -> None:
        self.add_both(heard, near)
        self._classes[class_of(kind.mode)].add_both(heard, near)
        self._pairs.update(heard.pairs)

    def told(self) -> dict[str, Any]:
        pairs = sorted(self._pairs.items(), key=lambda pair: (-pair[1], pair[0]))
        return {
            "band": self._band,
            **super().told(),
            "modes": [{"mode_class": name, **part.told()} for name, part in self._classes.items()],
            "continents": [
                {"dx": dx or None, "spotter": spotter or None, "spots": spots}
                for (dx, spotter), spots in pairs
            ],
            "voice_segment_spots": self.voice_segment_spots,
        }


def _place(found: Now, asked: Asked) -> Place | None:
    grid, dxcc, continent, within_km = asked
    if not (grid or dxcc or continent):
        return None
    return Place(_spotters_within(grid, within_km, found) if grid else None, dxcc, continent)


def _spotters_within(grid: str, kilometres: int, found: Now) -> frozenset[str]:
    """Whose own grid, or else the middle of whose country, lies so near to the middle of the grid."""
    here = middle_of(grid)
    if here is None:
        return frozenset()
    positions = made().get("spotters", found, lambda: _positions(found.hearings))
    return frozenset(
        spotter for spotter, there in positions.items() if distance_km(here, there) <= kilometres
    )


def _positions(hearings: Iterable[Hearing]) -> dict[str, Point]:
    """Of the spotters of which one is known."""
    grids: dict[str, str | None] = {}
    for row in hearings:
        grids[row.spotter] = row.grid or grids.get(row.spotter)
    found = {spotter: sums_places.position_of(spotter, grid) for spotter, grid in grids.items()}
    return {spotter: position.point for spotter, position in found.items() if position}
