"""GET /map/paths and /map/countries: what the map draws, in columns, for its script."""

import time
from collections.abc import Hashable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, cast

import msgspec
from flask import Flask, Response, current_app, request
from werkzeug.exceptions import BadRequest

from spotkeeper.db import paths
from spotkeeper.db.paths import HOUR, SLOT_MINUTES, Path, Paths
from spotkeeper.spots.countries import Countries
from spotkeeper.spots.places import middle_of
from spotkeeper.web.account.chosen import shorten
from spotkeeper.web.api.spots_arguments import YEARS
from spotkeeper.web.api.sums_kept import Kept
from spotkeeper.web.api.sums_places import place_of
from spotkeeper.web.database import reading
from spotkeeper.web.spots.filters import Filters

RUNNING, OVER = (5, 3), (60, 60)
"""For how many seconds an hour is kept, and how many more it is told while it is made anew. A page hears
itself what came in the last OLDEST seconds (map/hours.js of the frontend) before it was made."""
SETTLED = timedelta(minutes=2)
"""After an hour's end: later hardly any spots of it come."""
COUNTRIES_SECONDS = 86_400


def add_to(app: Flask) -> None:
    """Give the app what it keeps of them, apart from the sums."""
    app.extensions["paths"] = {RUNNING: Kept(), OVER: Kept()}  # apart: nobody waits for a day of hours


def of_hour() -> Response:
    """The paths of one hour, `hour`, by the filters that are given beside it.

    By columns: of `stations` the call, where it is, whether a grid says so, and its entity; of `paths` the
    numbers of both stations, the minute of the newest spot, its frequency in kHz, the numbers of band and
    mode (-1 for none), the strongest SNR, how many spots there are, whether people reported some, and a bit
    for each ten minutes in which there was one. `unplaced` are paths of which nobody knows where they are, by
    the minutes at which they were heard. The header Age tells for how many seconds it has been kept.
    """
    query = request.args.to_dict(flat=False)
    hour = _hour(query.pop("hour", []))
    try:
        filters = Filters.parse({name: texts for name, texts in query.items() if name != "since"})
    except ValueError as error:
        raise BadRequest(str(error)) from None
    seconds, stale = lasts = OVER if hour + HOUR + SETTLED <= datetime.now(UTC) else RUNNING
    app = cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]
    kept: Kept = app.extensions["paths"][lasts]

    def make() -> tuple[float, bytes]:
        begun = time.monotonic()
        with app.app_context():
            with reading() as connection:
                found = paths.of_hour(connection, filters.wanted, hour)
            return begun, msgspec.json.encode(_columns(hour, found))

    key = hour, tuple((name, *filters[name]) for name in filters.query())
    begun, body = kept.get(key, seconds, make, stale)
    response = Response(body, content_type="application/json")
    response.age = timedelta(seconds=time.monotonic() - begun)
    response.cache_control.private = True
    response.cache_control.max_age = seconds
    return response


def countries() -> Response:
    """By ADIF's number of the entity: the longitude and latitude of its middle, and its name."""
    known: Countries | None = current_app.extensions["countries"]
    found = (
        {
            number: (middle.longitude, middle.latitude, known.names[number])
            for number, middle in known.middles.items()
        }
        if known
        else {}
    )
    response = Response(msgspec.json.encode(found), content_type="application/json")
    response.cache_control.private = True
    response.cache_control.max_age = COUNTRIES_SECONDS
    return response


def _hour(texts: Sequence[str]) -> datetime:
    """A full hour in UTC, as 2026-11-26T15. Raises BadRequest for anything else."""
    try:
        [text] = texts
    except ValueError:
        raise BadRequest("hour: give one, such as 2026-11-26T15.") from None
    try:
        hour = datetime.strptime(text, "%Y-%m-%dT%H").replace(tzinfo=UTC)
    except ValueError:
        hour = None
    if hour is None or hour.year not in YEARS:
        raise BadRequest(f"hour: {shorten(text)} is not an hour in UTC, such as 2026-11-26T15.")
    return hour


class _Numbers:
    """Things in the order in which they came, each once."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}

    def of(self, thing: Any) -> int:
        return self._numbers.setdefault(thing, len(self._numbers))

    def __iter__(self) -> Any:
        return iter(self._numbers)


def _columns(hour: datetime, found: Paths) -> dict[str, Any]:
    stations, bands, modes = _Numbers(), _Numbers(), _Numbers()
    unplaced = []
    # Of an entity there are several places in the database, for its zones, and one on the map.
    drawn: dict[Hashable, tuple[_Station, _Station, Path]] = {}
    for path in found.paths:
        dx, spotter = _station(path.dx, path.dx_grid), _station(path.spotter, path.spotter_grid)
        if dx is None or spotter is None:
            unplaced.append(_minutes(path))
            continue
        key = dx.point, spotter.point, path.band
        drawn[key] = _newer(drawn[key], (dx, spotter, path)) if key in drawn else (dx, spotter, path)
    rows = [
        (
            stations.of(dx),
            stations.of(spotter),
            path.minute,
            path.frequency_hz / 1000,
            bands.of(path.band) if path.band else -1,
            modes.of(path.mode) if path.mode else -1,
            path.snr_db,
            path.spots,
            int(path.of_people),
            path.slots,
        )
        for dx, spotter, path in drawn.values()
    ]
    return {
        "hour": int(hour.timestamp()),
        "left_out": found.left_out,
        "unplaced": unplaced,
        "bands": [*bands],
        "modes": [*modes],
        "stations": _named(
            ("call", "longitude", "latitude", "by_grid", "dxcc"), (station.columns for station in stations)
        ),
        "paths": _named(
            ("dx", "spotter", "minute", "khz", "band", "mode", "snr_db", "spots", "of_people", "slots"), rows
        ),
    }


def _minutes(path: Path) -> list[int]:
    """When it was heard, as map/lines.js has it: the newest one, and the ends of the SLOT_MINUTES before."""
    ends = [(slot + 1) * SLOT_MINUTES for slot in range(60 // SLOT_MINUTES) if path.slots & 1 << slot]
    return [path.minute, *(end for end in reversed(ends) if end <= path.minute)]


def _named(names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> dict[str, Sequence[Any]]:
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return dict(zip(names, columns, strict=True))


class _Station(NamedTuple):
    call: str
    point: tuple[float, float]
    """Longitude and latitude."""
    by_grid: bool
    dxcc: int | None

    @property
    def columns(self) -> tuple[Any, ...]:
        return self.call, *self.point, int(self.by_grid), self.dxcc


def _newer(
    one: tuple[_Station, _Station, Path], other: tuple[_Station, _Station, Path]
) -> tuple[_Station, _Station, Path]:
    """The newer one of two paths between the same points, with what both have."""
    older, (dx, spotter, path) = sorted((one, other), key=lambda each: each[2].minute)
    before = older[2]
    strongest = max((snr for snr in (before.snr_db, path.snr_db) if snr is not None), default=None)
    whole = path._replace(
        snr_db=strongest,
        spots=before.spots + path.spots,
        of_people=before.of_people or path.of_people,
        slots=before.slots | path.slots,
    )
    return dx, spotter, whole


def _station(call: str, grid: str | None) -> _Station | None:
    """None when nobody knows where it is. Of a grid the square of 4 characters counts, and without one the
    middle of the entity, as for live spots, whatever the country file says of a part of it.
    """
    square = middle_of(grid[:4].upper()) if grid else None
    place = place_of(call)
    countries: Countries | None = current_app.extensions["countries"]
    middle = countries.middles.get(place.dxcc) if countries and place else None
    point = square or middle
    if point is None:
        return None
    where = round(point.longitude, 2), round(point.latitude, 2)
    return _Station(call, where, square is not None, place.dxcc if place else None)
