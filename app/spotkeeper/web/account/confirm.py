"""Where a stolen device stops: it is asked for the password, unless somebody gave it within the last hour."""

from flask import Flask, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField
from wtforms.validators import InputRequired, Length

from spotkeeper import passwords
from spotkeeper.db import accounts, attempts, sessions
from spotkeeper.web.account import session, sign_in, throttle
from spotkeeper.web.database import transaction


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """The password of the account that is signed in."""

    password = PasswordField(
        "Password",
        [
            InputRequired("Give your password."),
            Length(max=passwords.LONGEST, message="No password is that long."),
        ],
    )


def add_to(app: Flask) -> None:
    """Add /confirm."""
    app.add_url_rule("/confirm", "confirm", confirm, methods=["GET", "POST"])


def ask(page: str) -> Response | None:
    """The way to the question, from where one comes back to that page; None when it need not be asked.

    Both say so when a form was sent, of which nothing is done.
    """
    if current_user.is_confirmed:
        return None
    late = "yes" if request.method == "POST" else None
    return redirect(url_for("confirm", next=url_for(page, late=late), late=late))


def confirm() -> Response:
    """Asks for the password."""
    target = session.local_target(request.values.get("next"))
    form = ConfirmForm()
    if not form.validate_on_submit():
        return _show(form, target, 400 if form.is_submitted() else 200)
    wait, fits = check_password(form.password.data)
    if wait:
        said = f"Too many wrong passwords. Try again in {sign_in.in_words(wait)}."
        response = _show(form, target, 429, said)
        response.headers["Retry-After"] = str(wait)
        return response
    if not fits:
        return _show(form, target, 401, "That is not your password.")
    with transaction() as connection:
        sessions.confirm(connection, current_user.session_id)
    return redirect(target)


def check_password(password: str) -> tuple[int, bool]:
    """The seconds to wait when it was not even tried, and whether it is the account's password."""
    address = throttle.network(request.remote_addr)
    with transaction() as connection:
        wait = throttle.admit(connection, current_user.name, address)
        found = accounts.find_password_hash(connection, current_user.name)
    if wait:
        return wait, False
    if not passwords.verify(found[1] if found else None, password):
        return 0, False
    with transaction() as connection:
        attempts.add_success(connection, current_user.name, address)
    return 0, True


def _show(form: ConfirmForm, target: str, status: int, message: str = "") -> Response:
    return make_response(render_template("confirm.html", form=form, next=target, message=message), status)
