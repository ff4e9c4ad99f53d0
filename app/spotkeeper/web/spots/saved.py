"""What an account keeps of the spots: filters under names, and the columns it wants to see."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs

from flask import redirect, request, url_for
from flask_login import current_user
from werkzeug.exceptions import BadRequest, Forbidden
from werkzeug.wrappers import Response

from spotkeeper.db import user_settings
from spotkeeper.db.connection import Connection
from spotkeeper.web.account.chosen import Chosen, shorten
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
    with _keeping() as connection:
        saved = _saved(connection)
        if name not in saved and len(saved) >= MOST:
            raise BadRequest(f"There are {MOST} saved filters already. Delete one first, or use its name.")
        saved[name] = filters.query()
        user_settings.save(connection, current_user.id, {"saved_filters": saved})
    return _back(filters)


def delete_filters() -> Response:
    """POST /spots/saved/delete: forget the filters of that name."""
    filters, name = _filters(), _name()
    with _keeping() as connection:
        saved = _saved(connection)
        saved.pop(name, None)
        user_settings.save(connection, current_user.id, {"saved_filters": saved})
    return _back(filters)


def choose_columns() -> Response:
    """POST /spots/columns: which columns the table has."""
    filters, chosen = _filters(), request.form.getlist("column")
    for name in chosen:
        if name not in COLUMNS:
            raise BadRequest(f"column: {shorten(name)} is not known. There are {', '.join(COLUMNS)}.")
    with _keeping() as connection:
        user_settings.save(connection, current_user.id, {"columns": in_order(chosen)})
    return _back(filters)


@contextmanager
def _keeping() -> Iterator[Connection]:
    """A transaction for whoever may keep something and comes from a page that is known."""
    if not current_user.may("user"):
        raise Forbidden("This account only looks: it keeps nothing.")
    page = _page()
    if page not in PAGES:
        raise BadRequest(f"back: {shorten(page)} is not known. There are {', '.join(PAGES)}.")
    with transaction() as connection:
        yield connection


def _saved(connection: Connection) -> dict[str, dict[str, list[str]]]:
    """The filters of now, under their names."""
    return Chosen.from_stored(user_settings.read_to_change(connection, current_user.id)).saved_filters


def _page() -> str:
    return request.form.get("back", PAGES[0])


def _back(filters: Filters) -> Response:
    """To the page that the form stands on, with its filters."""
    return redirect(url_for(_page(), **filters.query()))  # type: ignore[arg-type]


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
