"""GET /map/paths and /map/countries: what the map draws, in columns, for its script."""

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec
from flask import Flask, Response, current_app, request
from werkzeug.exceptions import BadRequest

from spotkeeper.db import paths
from spotkeeper.db.paths import HOUR, Paths
from spotkeeper.spots.countries import Countries
from spotkeeper.web.account.chosen import shorten
from spotkeeper.web.api.spots_arguments import YEARS
from spotkeeper.web.api.sums_kept import Kept
from spotkeeper.web.api.sums_places import place_of, position_of
from spotkeeper.web.database import reading
from spotkeeper.web.spots.filters import Filters

KEPT_SECONDS, KEPT_SECONDS_OF_PAST = 5, 60
SETTLED = timedelta(minutes=2)
"""After an hour's end: later hardly any spots of it come."""
COUNTRIES_SECONDS = 86_400


def add_to(app: Flask) -> None:
    """Give the app what it keeps of them, apart from the sums."""
    app.extensions["paths"] = Kept()


def of_hour() -> Response:
    """The paths of one hour, `hour`, by the filters that are given beside it.

    By columns: of `stations` the call, where it is, whether a grid says so, and its entity; of `paths` the
    numbers of both stations, the minute of the newest spot, its frequency in kHz, the numbers of band and
    mode (-1 for none), the strongest SNR, how many spots there are, whether people reported some, and a bit
    for each ten minutes in which there was one. The header Age tells for how many seconds it has been kept.
    """
    query = request.args.to_dict(flat=False)
    hour = _hour(query.pop("hour", []))
    try:
        filters = Filters.parse({name: texts for name, texts in query.items() if name != "since"})
    except ValueError as error:
        raise BadRequest(str(error)) from None
    is_over = hour + HOUR + SETTLED <= datetime.now(UTC)
    seconds = KEPT_SECONDS_OF_PAST if is_over else KEPT_SECONDS
    app = cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]
    kept: Kept = app.extensions["paths"]

    def make() -> tuple[float, bytes]:
        begun = time.monotonic()
        with app.app_context():
            with reading() as connection:
                found = paths.of_hour(connection, filters.wanted, hour)
            return begun, msgspec.json.encode(_columns(hour, found))

    key = hour, tuple((name, *filters[name]) for name in filters.query())
    begun, body = kept.get(key, seconds, make)
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
    rows = []
    unplaced = 0
    for path in found.paths:
        dx, spotter = _station(path.dx, path.dx_grid), _station(path.spotter, path.spotter_grid)
        if dx is None or spotter is None:
            unplaced += path.spots
            continue
        rows.append(
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
        )
    return {
        "hour": int(hour.timestamp()),
        "left_out": found.left_out,
        "unplaced": unplaced,
        "bands": [*bands],
        "modes": [*modes],
        "stations": _named(("call", "longitude", "latitude", "by_grid", "dxcc"), stations),
        "paths": _named(
            ("dx", "spotter", "minute", "khz", "band", "mode", "snr_db", "spots", "of_people", "slots"), rows
        ),
    }


def _named(names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> dict[str, Sequence[Any]]:
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return dict(zip(names, columns, strict=True))


def _station(call: str, grid: str | None) -> tuple[str, float, float, int, int | None] | None:
    """Its columns; None when nobody knows where it is. Of a grid the square of 4 characters counts."""
    position = position_of(call, grid[:4] if grid else None)
    if position is None:
        return None
    place = place_of(call)
    point = position.point
    return (
        call,
        round(point.longitude, 2),
        round(point.latitude, 2),
        int(position.source == "grid"),
        place.dxcc if place else None,
    )
