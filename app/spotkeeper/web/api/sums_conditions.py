"""What the bands carry now, and what of it speaks for openings near a place."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from spotkeeper.db.conditions import Hearing
from spotkeeper.spots.bands import BANDS
from spotkeeper.spots.modes import CLASSES, UNKNOWN, VOICE, class_of
from spotkeeper.spots.places import middle_of, way
from spotkeeper.web.api import sums_answers, sums_places, sums_read
from spotkeeper.web.api.blueprint import Blueprint
from spotkeeper.web.api.sums_answers import made, told
from spotkeeper.web.api.sums_read import Now
from spotkeeper.web.api.sums_schemas import WITHIN_KM, ConditionsQuery, ConditionsSchema

ALWAYS = frozenset(BANDS[BANDS.index("160m") : BANDS.index("2m") + 1]) - {"8m", "4m"}


IsNear = Callable[[Hearing], bool]


class Place(NamedTuple):
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
        Place(grid.upper() if grid else None, query.get("dxcc"), query.get("continent"), query["within_km"]),
    )


def answer(
    grid: str | None = None, dxcc: int | None = None, continent: str | None = None, within_km: int = WITHIN_KM
) -> dict[str, Any]:
    """What ConditionsSchema describes, with times as datetime; it is shared: change nothing of it.

    It is made once for those who ask the same in the ten seconds that the sum of the hearings is kept. Raises
    psycopg.OperationalError when the database is away.
    """
    found = sums_read.now()
    place = Place(grid.upper() if grid else None, dxcc, continent, within_km)
    return made().get(place, found, lambda: _answer(found, place))


def _answer(found: Now, place: Place) -> dict[str, Any]:
    near = _near(place, found.hearings)
    by_band: dict[str, list[Hearing]] = {band: [] for band in BANDS}
    for hearing in found.hearings:
        if hearing.band is not None:
            by_band[hearing.band].append(hearing)
    of_fm = [row for row in by_band["10m"] if row.of_fm and class_of(row.mode) in (VOICE, UNKNOWN)]
    return {
        "since": found.since,
        "until": found.until,
        "newest": found.newest,
        "bands": [_summary(band, rows, near) for band, rows in by_band.items() if rows or band in ALWAYS],
        "ten_metre_fm": _summary("10m", of_fm, near),
    }


def _summary(band: str, rows: Sequence[Hearing], near: IsNear | None) -> dict[str, Any]:
    pairs: Counter[tuple[str, str]] = Counter()
    classes: dict[str, list[Hearing]] = {name: [] for name in CLASSES}
    for row in rows:
        pairs[row.dx_continent, row.spotter_continent] += row.spots
        classes[class_of(row.mode)].append(row)
    return {
        "band": band,
        **_evidence(rows),
        "near": _evidence_near(rows, near),
        "modes": [
            {"mode_class": name, **_evidence(of_class), "near": _evidence_near(of_class, near)}
            for name, of_class in classes.items()
        ],
        "continents": [
            {"dx": dx or None, "spotter": spotter or None, "spots": spots}
            for (dx, spotter), spots in sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))
        ],
        "voice_segment_spots": sum(row.in_voice_segment for row in rows),
    }


def _evidence(rows: Sequence[Hearing]) -> dict[str, Any]:
    return {
        "spots": sum(row.spots for row in rows),
        "spotters": len({row.spotter for row in rows}),
        "latest": max((row.latest for row in rows), default=None),
        "max_khz": max((row.highest_hz for row in rows), default=0) / 1000 or None,
    }


def _evidence_near(rows: Iterable[Hearing], near: IsNear | None) -> dict[str, Any] | None:
    return _evidence([row for row in rows if near(row)]) if near else None


def _near(place: Place, hearings: Iterable[Hearing]) -> IsNear | None:
    """Whether a spotter is at the place; None when nothing is said of it."""
    grid, dxcc, continent, within_km = place
    if not (grid or dxcc or continent):
        return None
    within = _spotters_within(grid, within_km, hearings) if grid else frozenset()
    return lambda row: (
        (not grid or row.spotter in within)
        and (not dxcc or row.spotter_dxcc == dxcc)
        and (not continent or row.spotter_continent == continent)
    )


def _spotters_within(grid: str, kilometres: int, hearings: Iterable[Hearing]) -> frozenset[str]:
    """Whose own grid, or else the middle of whose country, lies so near to the middle of the grid."""
    here = middle_of(grid)
    grids: dict[str, str | None] = {}
    for row in hearings:
        grids[row.spotter] = row.grid or grids.get(row.spotter)
    found = set()
    for spotter, own in grids.items():
        there = sums_places.position_of(spotter, own)
        if here and there:
            distance, _ = way(here, there.point)
            if (distance or 0) <= kilometres:
                found.add(spotter)
    return frozenset(found)
