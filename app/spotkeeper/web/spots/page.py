"""GET /spots: the spots as a page that follows the live ones."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any, NamedTuple

from flask import Flask, current_app, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response

from spotkeeper.db import latest, user_settings
from spotkeeper.db.latest import Solar
from spotkeeper.db.search import search
from spotkeeper.db.search_ranges import Pace
from spotkeeper.db.search_wanted import Found, Wanted
from spotkeeper.web.account.chosen import Chosen
from spotkeeper.web.api.sums_kept import MOMENT, Kept
from spotkeeper.web.database import THREADS, reading, transaction
from spotkeeper.web.spots import counts
from spotkeeper.web.spots.columns import ALWAYS, COLUMNS, USUAL, in_order
from spotkeeper.web.spots.filters import Filters, asked_of_page, remembered
from spotkeeper.web.spots.table import Table

FIRST, PORTION = 50, 100
"""Rows of the page itself, more than a screen has, and of what is added to it. Of the page too, if its newest
minute has so many."""
SEARCH_SECONDS = 0.03
"""A portion that takes longer has fewer spots, even none, and the next one goes on."""


class Newest(NamedTuple):
    """What of the page does not depend on who asks, but by how it is written."""

    found: Found
    rows: Markup
    numbers: Counter[str | None] | None
    """Spots by band, where they are counted."""
    newest: datetime | None
    solar: Solar | None


def add_to(app: Flask) -> None:
    """Add /spots and its counts."""
    app.extensions["newest spots"] = Kept(at_once=THREADS)
    app.add_url_rule("/spots", "spots", spots)
    app.add_url_rule("/spots/counts", "spots_counts", counted)


def spots() -> Response:
    """The page; without filters in the address those the account had last. htmx gets what has changed."""
    filters = asked_of_page()
    chosen: Chosen = current_user.chosen
    if not request.args and chosen.filters:
        last = remembered(chosen.filters)
        if last and last.query() != filters.query():
            return redirect(url_for("spots", **last.query()))  # type: ignore[arg-type]
    is_fragment = "HX-Request" in request.headers
    columns = in_order(chosen.columns or USUAL)
    # The local time only where it is another one.
    shown = tuple(name for name in columns if name != "local" or chosen.zone.key != "UTC")
    table = Table(shown, chosen.zone, chosen.units, datetime.now(UTC).date())
    if "cursor" in request.args:
        template, content = "spots_older.html" if is_fragment else "spots.html", _older(filters, table)
    else:
        # The live spots of a part begin with its request, those of the page a second before.
        seconds = 0 if is_fragment else MOMENT
        template = "spots_found.html" if is_fragment else "spots.html"
        content = _newest(filters, table, seconds)
    response = make_response(
        render_template(
            template,
            filters=filters,
            table=table,
            chosen_columns=columns,
            all_columns=COLUMNS,
            always=ALWAYS,
            zone=chosen.zone,
            is_fragment=is_fragment,
            **content,
        )
    )
    response.vary.add("HX-Request")
    if is_fragment and "cursor" not in request.args:
        response.headers["HX-Push-Url"] = url_for("spots", **filters.query())  # type: ignore[arg-type]
    return response


def counted() -> str:
    """How many spots there are by now, for the parts of the page that say so."""
    filters = asked_of_page()
    numbers = counts.by_band(filters.wanted)
    total = _total(filters, numbers)
    return render_template("spots_counts.html", filters=filters, numbers=numbers, total=total, follows=True)


def _total(filters: Filters, numbers: Counter[str | None] | None) -> int | None:
    """Of the bands that are wanted; None where nothing is counted."""
    if numbers is None:
        return None
    chosen = filters["band"]
    return sum(number for band, number in numbers.items() if not chosen or band in chosen)


def _newest(filters: Filters, table: Table, seconds: float) -> dict[str, Any]:
    """Looked up at most so many seconds ago."""
    if request.args and filters.query() != current_user.chosen.filters and current_user.may("user"):
        with transaction() as connection:
            user_settings.save(connection, current_user.id, {"filters": filters.query()})
    kept: Kept = current_app.extensions["newest spots"]
    key = filters.address, filters.wanted.since, table
    content = kept.get(key, seconds, lambda: _looked_up(filters.wanted, table), stale=0)
    return content._asdict() | {
        "cursor": filters.asked.cursor(content.found.next) if content.found.next else None,
        "total": _total(filters, content.numbers),
        "follows": True,
    }


def _looked_up(wanted: Wanted, table: Table) -> Newest:
    numbers = counts.by_band(wanted)
    with reading() as connection:
        newest = latest.newest(connection)
        solar = latest.solar(connection)
        found = _beginning(search(connection, wanted, PORTION, pace=Pace(SEARCH_SECONDS)))
    return Newest(found, table.body(found.spots), numbers, newest, solar)


def _beginning(found: Found) -> Found:
    """What of it stands on the page: the newest minute whole, in the order in which its spots came, so that
    nobody misses the last one. A minute that has more than was searched for is as any other portion.
    """
    spots = found.spots
    minute = sum(spot.time == spots[0].time for spot in spots)
    if found.next and minute == len(spots):
        minute = 0
    shown = spots[: max(FIRST, minute)]
    behind = shown[-1].position if len(shown) < len(spots) else found.next
    newest = sorted(shown[:minute], key=lambda spot: spot.received or spot.time, reverse=True)
    return Found(newest + shown[minute:], behind, found.searched_to)


def _older(filters: Filters, table: Table) -> dict[str, Any]:
    """Nothing but the spots behind the cursor."""
    with reading() as connection:
        newest = latest.newest(connection)
        found = search(connection, filters.wanted, PORTION, filters.asked.after, Pace(SEARCH_SECONDS))
    cursor = filters.asked.cursor(found.next) if found.next else None
    return {
        "found": found,
        "rows": table.body(found.spots),
        "cursor": cursor,
        "numbers": None,
        "total": None,
        "newest": newest,
        "follows": False,
    }
