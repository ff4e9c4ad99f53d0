"""The page behind an invitation's link: somebody chooses a name and a password, and is in."""

from flask import Flask, make_response, redirect, render_template, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import EqualTo

from spotkeeper import invitations, passwords
from spotkeeper.db import accounts
from spotkeeper.db import invitations as table
from spotkeeper.web.access import public
from spotkeeper.web.account import session, trail
from spotkeeper.web.account.chosen import shorten
from spotkeeper.web.account.security_page import fit_password
from spotkeeper.web.account.settings_page import Checked
from spotkeeper.web.database import transaction

LONGEST_NAME = 32


def _user_name(text: str) -> str:
    name = text.strip().lower()
    if not accounts.NAME.fullmatch(name):
        raise ValueError(
            f"{shorten(text)} cannot be a name here: that is 1 to {LONGEST_NAME} of a–z, 0–9, “.”, “_”"
            " and “-”, a letter or digit first."
        )
    return name


class InvitationForm(FlaskForm):  # type: ignore[misc]
    """The account to be made."""

    name = StringField("Name", [Checked(_user_name)])
    password = PasswordField("Password", [Checked(fit_password)])
    again = PasswordField("Password again", [EqualTo("password", "The two are not the same.")])


def add_to(app: Flask) -> None:
    """Add /invitation/<token>."""
    app.add_url_rule("/invitation/<token>", "invitation", invitation, methods=["GET", "POST"])


@public
def invitation(token: str) -> Response:
    """The form, and what it sends."""
    token_hash = invitations.digest(token)
    with transaction() as connection:
        offer = table.find(connection, token_hash)
    if offer is None:
        return _show(None, None, 404)
    form = InvitationForm(name=offer.name_hint)
    if not form.validate_on_submit():
        return _show(form, offer, 400 if form.is_submitted() else 200)
    password_hash = passwords.hash_password(form.password.data)
    with transaction() as connection:
        outcome = table.accept(connection, token_hash, form.name.data, password_hash)
        if outcome not in ("over", "name taken"):
            trail.note_of(
                connection, "invitation used", actor=form.name.data, subject=form.name.data, detail=outcome
            )
        user = accounts.find_user(connection, form.name.data)
    if outcome == "over" or user is None:
        return _show(None, None, 404)
    if outcome == "name taken":
        form.name.errors = [f"{form.name.data} is somebody else here. Choose another name."]
        return _show(form, offer, 400)
    response = redirect(url_for("now"))
    session.start(response, user.id)
    return response


def _show(form: InvitationForm | None, offer: table.Offer | None, status: int) -> Response:
    page = render_template("invitation.html", form=form, offer=offer, shortest=passwords.SHORTEST)
    return make_response(page, status)
