"""GET /spots: the latest spots as a page that follows the live ones."""

from collections import Counter

from flask import make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from spotkeeper.db import latest, user_settings
from spotkeeper.spots.bands import BANDS
from spotkeeper.spots.comment import MODES
from spotkeeper.web.database import transaction
from spotkeeper.web.spots.filters import SOURCES, WINDOWS, Filters

ROWS = 200
USUAL_BANDS = frozenset(BANDS[BANDS.index("160m") : BANDS.index("2m") + 1]) - {"8m", "4m"}
USUAL_MODES = frozenset(("CW", "SSB", "FM", "FT8", "FT4", "RTTY"))


def asked_for() -> Filters:
    """The filters of the request's address. Raises BadRequest for one that is not known."""
    try:
        return Filters.parse(request.args.to_dict(flat=False))
    except ValueError as error:
        raise BadRequest(str(error)) from None


def spots() -> Response:
    """The page; without filters in the address those the account had last."""
    filters = asked_for()
    remembered = current_user.chosen.filters
    if not request.args and (last := _usable(remembered)) not in (None, filters):
        return redirect(url_for("spots", **last.query()))  # type: ignore[arg-type]
    with transaction() as connection:
        if request.args and filters.query() != remembered and current_user.may("user"):
            user_settings.save(connection, current_user.id, {"filters": filters.query()})
        rows = latest.spots(connection, filters.wanted, ROWS)
        counts = latest.counts(connection, filters.wanted)
        newest = latest.newest(connection)
        solar = latest.solar(connection)
    by_band, by_mode = Counter[str | None](), Counter[str | None]()
    for band, mode, number in counts:
        if not filters.mode or mode in filters.mode:
            by_band[band] += number
        if not filters.band or band in filters.band:
            by_mode[mode] += number
    return make_response(
        render_template(
            "spots.html",
            rows=rows,
            limit=ROWS,
            total=sum(number for band, number in by_band.items() if not filters.band or band in filters.band),
            bands=[
                (band, by_band[band])
                for band in BANDS
                if band in USUAL_BANDS or by_band[band] or band in filters.band
            ],
            most=max(by_band.values(), default=0),
            modes=[mode for mode in MODES if mode in USUAL_MODES or by_mode[mode] or mode in filters.mode],
            filters=filters,
            query=filters.query(),
            sources=SOURCES,
            windows=WINDOWS,
            newest=newest,
            solar=solar,
            zone=current_user.chosen.zone,
        )
    )


def _usable(remembered: dict[str, list[str]]) -> Filters | None:
    try:
        return Filters.parse(remembered)
    except ValueError:  # of an older release
        return None
