"""What an account keeps of the spots: filters under names, and the columns it wants to see."""

from urllib.parse import parse_qs

from flask import redirect, request, url_for
from flask_login import current_user
from werkzeug.exceptions import BadRequest, Forbidden
from werkzeug.wrappers import Response

from spotkeeper.db import user_settings
from spotkeeper.web.account.chosen import shorten
from spotkeeper.web.database import transaction
from spotkeeper.web.spots.columns import COLUMNS, in_order
from spotkeeper.web.spots.filters import Filters

LONGEST_NAME = 30
MOST = 20
PAGES = ("spots", "map")
"""That have filters, by their endpoints."""


def save_filters() -> Response:
    """POST /spots/saved: keep filters under a name; one that is there is overwritten."""
    filters, name = _filters(), _name()
    saved = current_user.chosen.saved_filters
    if name not in saved and len(saved) >= MOST:
        raise BadRequest(f"There are {MOST} saved filters already. Delete one first, or use its name.")
    return _keep(filters, saved_filters=saved | {name: filters.query()})


def delete_filters() -> Response:
    """POST /spots/saved/delete: forget the filters of that name."""
    filters, name = _filters(), _name()
    saved = current_user.chosen.saved_filters
    return _keep(filters, saved_filters={kept: query for kept, query in saved.items() if kept != name})


def choose_columns() -> Response:
    """POST /spots/columns: which columns the table has."""
    filters, chosen = _filters(), request.form.getlist("column")
    for name in chosen:
        if name not in COLUMNS:
            raise BadRequest(f"column: {shorten(name)} is not known. There are {', '.join(COLUMNS)}.")
    return _keep(filters, columns=in_order(chosen))


def _keep(filters: Filters, **values: object) -> Response:
    """Store the values, and go back to the page with its filters."""
    if not current_user.may("user"):
        raise Forbidden("This account only looks: it keeps nothing.")
    page = request.form.get("back", PAGES[0])
    if page not in PAGES:
        raise BadRequest(f"back: {shorten(page)} is not known. There are {', '.join(PAGES)}.")
    with transaction() as connection:
        user_settings.save(connection, current_user.id, values)
    return redirect(url_for(page, **filters.query()))  # type: ignore[arg-type]


def _filters() -> Filters:
    """Of the page that the form stands on."""
    try:
        return Filters.parse(parse_qs(request.form.get("query", "")))
    except ValueError as error:
        raise BadRequest(str(error)) from None


def _name() -> str:
    name = request.form.get("name", "").strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise BadRequest(f"A name has 1 to {LONGEST_NAME} characters, all of them printable.")
    return name
