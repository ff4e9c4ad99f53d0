"""Invitations: owners make links with which others make their accounts."""

from datetime import timedelta

from flask import Flask, redirect, request, url_for
from flask_login import current_user
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from spotkeeper import invitations as links
from spotkeeper.db import accounts
from spotkeeper.db import invitations as table
from spotkeeper.web.account import trail
from spotkeeper.web.account.chosen import shorten
from spotkeeper.web.database import transaction
from spotkeeper.web.owner import users
from spotkeeper.web.owner.only import for_confirmed_owners


def add_to(app: Flask) -> None:
    """Add what the invitations' forms on /users are sent to."""
    app.add_url_rule("/users/invite", "invite", invite, methods=["POST"])
    app.add_url_rule("/users/uninvite", "uninvite", uninvite, methods=["POST"])


@for_confirmed_owners
def invite() -> Response:
    """Make a link, which is shown in the answer and never again: nothing but its hash is kept."""
    role = users.role_given()
    days = request.form.get("days", "")
    hint = request.form.get("hint", "").strip().lower()
    if days not in map(str, links.LIFETIMES):
        raise BadRequest(f"days: {shorten(days)} is none of {', '.join(map(str, links.LIFETIMES))}.")
    if hint and not accounts.NAME.fullmatch(hint):
        raise BadRequest(f"{shorten(hint)} cannot be a name: letters, digits, “.”, “_” and “-” make one.")
    token = links.make()
    with transaction() as connection:
        table.make(
            connection,
            links.digest(token),
            role,
            name_hint=hint,
            lifetime=timedelta(days=int(days)),
            made_by=current_user.name,
        )
        for_whom = f" for {hint}" if hint else ""
        trail.note(connection, "invitation made", detail=f"{role}{for_whom}, {links.LIFETIMES[int(days)]}")
    return users.page(link=url_for("invitation", token=token, _external=True))


@for_confirmed_owners
def uninvite() -> Response:
    """Take an invitation back."""
    number = request.form.get("id", "")
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        raise BadRequest(f"id: {shorten(number)} is no invitation's.")
    with transaction() as connection:
        revoked = table.revoke(connection, int(number))
        if revoked:
            trail.note(connection, "invitation revoked", detail=revoked.in_words)
    return redirect(url_for("users", done="uninvited" if revoked else None))
