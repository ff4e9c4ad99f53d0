"""The page of one's own API tokens."""

from datetime import timedelta

from flask import Flask, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response
from wtforms import Field, RadioField, SelectChoice, SelectMultipleField, StringField
from wtforms.validators import ValidationError

from spotkeeper import tokens
from spotkeeper.db import tokens as table
from spotkeeper.web.account import confirm, trail
from spotkeeper.web.account.settings_page import Checked
from spotkeeper.web.database import reading, transaction

LIFETIMES = {"30": "30 days", "365": "a year", "": "ever"}
NOT_MADE = {
    "name taken": "You have a token of this name. Give another name, or revoke that one first.",
    "too many": f"You have {tokens.MOST} tokens, which is all one may have. Revoke one first.",
    "no such user": "Your account was removed.",
}


def _one_at_least(form: FlaskForm, field: Field) -> None:
    # InputRequired would have the browser ask for each box to be ticked.
    if not field.data:
        raise ValidationError("Choose what it may do, else it is good for nothing.")


class TokenForm(FlaskForm):  # type: ignore[misc]
    """A token to be made."""

    name = StringField("Name", [Checked(tokens.check_name)])
    scopes = SelectMultipleField(
        "It may",
        [_one_at_least],
        choices=[SelectChoice(scope, words) for scope, words in tokens.SCOPES.items()],
        default=list(tokens.SCOPES),
    )
    days = RadioField(
        "Good for",
        choices=[SelectChoice(days, words) for days, words in LIFETIMES.items()],
        default="365",
    )


def add_to(app: Flask) -> None:
    """Add /settings/tokens and /settings/tokens/revoke."""
    app.add_url_rule("/settings/tokens", "tokens", show, methods=["GET", "POST"])
    app.add_url_rule("/settings/tokens/revoke", "revoke_token", revoke, methods=["POST"])


def show() -> Response:
    """The account's tokens, and the form that makes one.

    A new token is shown in the answer to the form and never again: nothing but its hash is kept.
    """
    _require_user()
    if question := confirm.ask("tokens"):
        return question
    form = TokenForm()
    token = None
    if form.validate_on_submit():
        token = _make(form)
        if token:
            form = TokenForm(formdata=None)
    with reading() as connection:
        own = table.list_tokens(connection, current_user.name)
    page = render_template(
        "tokens.html",
        form=form,
        token=token,
        tokens=own,
        scopes=tokens.SCOPES,
        longest=tokens.LONGEST_NAME,
        revoked=request.args.get("revoked"),
    )
    return make_response(page, 400 if form.errors else 200)


def revoke() -> Response:
    """End the account's token of that name."""
    _require_user()
    name = request.form.get("name", "").replace("\0", "")
    with transaction() as connection:
        number = table.revoke(connection, current_user.name, name)
        if number:
            trail.note(connection, "token revoked", detail=name)
    return redirect(url_for("tokens", revoked=name if number else None))


def _require_user() -> None:
    if not current_user.may("user"):
        raise Forbidden("This account only looks: it has no tokens of its own.")


def _make(form: TokenForm) -> str | None:
    """The new token; None when there is none, and the form says why."""
    token = tokens.make()
    lifetime = timedelta(days=int(form.days.data)) if form.days.data else None
    with transaction() as connection:
        outcome = table.make(
            connection,
            current_user.name,
            tokens.digest(token),
            form.name.data,
            form.scopes.data,
            lifetime=lifetime,
            most=tokens.MOST,
        )
        if outcome == "made":
            trail.note(connection, "token made", detail=form.name.data)
    if outcome == "made":
        return token
    form.name.errors = [NOT_MADE[outcome]]
    return None
