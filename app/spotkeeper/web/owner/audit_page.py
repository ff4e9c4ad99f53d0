"""GET /audit: what was done to accounts, the newest first."""

from flask import Flask, make_response, render_template, request
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from spotkeeper.db import audit
from spotkeeper.web.account.chosen import shorten
from spotkeeper.web.database import reading
from spotkeeper.web.owner.only import for_owners

ENTRIES = 100
FAILED = 20


def add_to(app: Flask) -> None:
    """Add the page."""
    app.add_url_rule("/audit", "audit", show)


@for_owners
def show() -> Response:
    """A hundred entries, or those before an entry; and the sign-ins that failed, in sums."""
    given = request.args.get("before")
    if given is not None and not (given.isascii() and given.isdigit() and len(given) <= 18):
        raise BadRequest(f"before: {shorten(given)} is not the number of an entry.")
    with reading() as connection:
        entries = audit.newest(connection, ENTRIES + 1, before=int(given) if given else None)
        failed = audit.failed_sign_ins(connection, FAILED) if given is None else []
    more = entries[ENTRIES - 1].id if len(entries) > ENTRIES else None
    page = render_template("audit.html", entries=entries[:ENTRIES], failed=failed, more=more, given=given)
    return make_response(page)
