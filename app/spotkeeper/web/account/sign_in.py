"""Pages to sign in and out, and the check nginx makes for the addresses it serves itself."""

import logging

from flask import Flask, current_app, g, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.exceptions import BadRequest, Forbidden
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from spotkeeper import passwords
from spotkeeper.db import accounts
from spotkeeper.web.access import public
from spotkeeper.web.account import session, throttle
from spotkeeper.web.account.chosen import shorten
from spotkeeper.web.database import transaction

log = logging.getLogger(__name__)


class SignInForm(FlaskForm):  # type: ignore[misc]
    """Lengths are those of the longest name and password anybody can have."""

    name = StringField(
        "Name", [InputRequired("Give your name."), Length(max=32, message="No name is that long.")]
    )
    password = PasswordField(
        "Password",
        [
            InputRequired("Give your password."),
            Length(max=passwords.LONGEST, message="No password is that long."),
        ],
    )


def add_to(app: Flask) -> None:
    """Add /sign-in, /sign-out, /sign-out-elsewhere and /auth/check."""
    app.add_url_rule("/sign-in", "sign_in", sign_in, methods=["GET", "POST"])
    app.add_url_rule("/sign-out", "sign_out", sign_out, methods=["POST"])
    app.add_url_rule("/sign-out-elsewhere", "sign_out_elsewhere", sign_out_elsewhere, methods=["POST"])
    app.add_url_rule("/auth/check", "auth_check", auth_check)


@public
def sign_in() -> Response:
    """The form, and what it sends: the name, the password and where to go then."""
    target = session.local_target(request.values.get("next"))
    if request.method == "GET" and current_user.is_authenticated:
        return redirect(target)
    form = SignInForm()
    if not form.validate_on_submit():
        return _show(form, target, 400 if form.is_submitted() else 200)
    name = form.name.data.strip().lower().replace("\0", "\N{REPLACEMENT CHARACTER}")
    user_id, wait = _check(name, form.password.data)
    if wait:
        return _show(form, target, 429, f"Too many wrong passwords. Try again in {_in_words(wait)}.", wait)
    if user_id is None:
        return _show(form, target, 401, "Name or password is wrong.")
    response = redirect(target)
    session.start(response, user_id)
    return response


def sign_out() -> Response:
    """Sign this device out."""
    response = redirect(url_for("sign_in"))
    session.end(response)
    g.account = None
    return response


def sign_out_elsewhere() -> Response:
    """Sign all other devices of the account out."""
    with transaction() as connection:
        accounts.close_other_sessions(connection, session.current_hash() or b"")
    return redirect(url_for("settings", elsewhere="out"))


def auth_check() -> Response:
    """For nginx's auth_request: 204 when signed in (with at least ?role=…), else 401 or 403."""
    role = request.args.get("role", "viewer")
    if role not in session.RANK:
        raise BadRequest(f"role: {shorten(role)} is not a role; there are {', '.join(session.RANK)}.")
    if not current_user.may(role):
        raise Forbidden()
    return make_response("", 204)


def _check(name: str, password: str) -> tuple[int | None, int]:
    """The user's id when name and password fit, and the seconds to wait when it was not even tried."""
    address = throttle.network(request.remote_addr)
    metrics = current_app.extensions["metrics"]
    with transaction() as connection:
        wait = throttle.admit(connection, name, address)
        found = None if wait else accounts.find_password_hash(connection, name)
    if wait:
        metrics.sign_ins.labels("slowed").inc()
        return None, wait
    user_id, password_hash = found or (None, None)
    if not passwords.verify(password_hash, password):
        log.warning("sign-in failed: name %r, address %s", name, address)
        metrics.sign_ins.labels("failure").inc()
        return None, 0
    metrics.sign_ins.labels("success").inc()
    with transaction() as connection:
        accounts.add_success(connection, name, address)
        if user_id and password_hash and passwords.needs_new_hash(password_hash):
            accounts.renew_password_hash(
                connection, user_id, password_hash, passwords.hash_password(password)
            )
    return user_id, 0


def _show(form: SignInForm, target: str, status: int, message: str = "", wait: int = 0) -> Response:
    response = make_response(render_template("sign_in.html", form=form, next=target, message=message), status)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


def _in_words(seconds: int) -> str:
    if seconds < 90:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    return f"{-(-seconds // 60)} minutes"
