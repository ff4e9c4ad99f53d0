"""GET /: the latest spots as a page that follows the live ones."""

from datetime import UTC, datetime

from flask import make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from spotkeeper.db import latest, user_settings
from spotkeeper.web.database import transaction
from spotkeeper.web.spots.filters import BANDS, MODES, SOURCES, WINDOWS, Filters

ROWS = 200
ALWAYS_SHOWN = frozenset(BANDS[BANDS.index("160m") : BANDS.index("2m") + 1]) - {"8m", "4m"}


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
        return redirect(url_for("spots", **last.query()))
    with transaction() as connection:
        if request.args and filters.query() != remembered:
            user_settings.save(connection, current_user.id, {"filters": filters.query()})
        rows = latest.spots(connection, filters.wanted, ROWS)
        counts = latest.count_by_band(connection, filters.wanted)
        newest = latest.newest(connection)
        solar = latest.solar(connection)
    shown = [band for band in BANDS if band in ALWAYS_SHOWN or band in filters.band or counts.get(band)]
    total = sum(n for band, n in counts.items() if not filters.band or band in filters.band)
    return make_response(
        render_template(
            "spots.html",
            rows=rows,
            limit=ROWS,
            total=total,
            bands=[(band, counts.get(band, 0)) for band in shown],
            most=max(counts.values(), default=0),
            filters=filters,
            query=filters.query(),
            modes=MODES,
            sources=SOURCES,
            windows=WINDOWS,
            newest=newest,
            solar=solar,
            zone=current_user.chosen.zone,
            now=datetime.now(UTC),
        )
    )


def _usable(remembered: dict[str, list[str]]) -> Filters | None:
    try:
        return Filters.parse(remembered)
    except ValueError:  # of an older release
        return None
