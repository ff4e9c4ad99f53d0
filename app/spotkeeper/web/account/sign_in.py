"""Pages to sign in and out, and the check nginx makes for the addresses it serves itself."""

import hashlib
import logging
import time

from flask import Flask, current_app, g, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.exceptions import BadRequest, Forbidden
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from spotkeeper import passwords, second_factor
from spotkeeper.db import accounts, attempts
from spotkeeper.db import second_factor as factors
from spotkeeper.db.connection import Connection
from spotkeeper.web.access import public
from spotkeeper.web.account import passkeys, session, throttle, trail
from spotkeeper.web.account.chosen import shorten
from spotkeeper.web.account.passkeys import AnswerRefused, PasskeyCopied
from spotkeeper.web.database import transaction

SECOND_STEP_SECONDS = 600

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


class CodeForm(FlaskForm):  # type: ignore[misc]
    """The second step."""

    code = StringField(
        "Code", [InputRequired("Give the code."), Length(max=32, message="No code is that long.")]
    )


def add_to(app: Flask) -> None:
    """Add /sign-in with its second step, /sign-out and /auth/check."""
    app.add_url_rule("/sign-in", "sign_in", sign_in, methods=["GET", "POST"])
    app.add_url_rule("/sign-in/second", "second_step", second_step, methods=["GET", "POST"])
    app.add_url_rule("/sign-in/passkey", "sign_in_by_passkey", sign_in_by_passkey, methods=["POST"])
    app.add_url_rule("/sign-out", "sign_out", sign_out, methods=["POST"])
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
        return _show(form, target, 429, f"Too many wrong passwords. Try again in {in_words(wait)}.", wait)
    if user_id is None:
        return _show(form, target, 401, "Name or password is wrong.")
    with transaction() as connection:
        factor = factors.read(connection, user_id)
        if factor.is_on:
            _await_second_step(connection, user_id, name)
    if factor.is_on:
        return redirect(url_for("second_step", next=target))
    return _let_in(user_id, name, target, tries=1)


@public
def second_step() -> Response:
    """Asks for a code of the app, a recovery code or a passkey, after the right password."""
    target = session.local_target(request.values.get("next"))
    form = CodeForm()
    with transaction() as connection:
        user = _awaited(connection)
        if user is None:
            return redirect(url_for("sign_in", next=target))
        if not form.validate_on_submit():
            return _show_second(connection, user, form, target, 400 if form.is_submitted() else 200)
        code = form.code.data.replace(" ", "")
        is_guessable = second_factor.is_totp_code(code)
        address = throttle.network(request.remote_addr)
        wait = throttle.admit_second(connection, user.name, address, is_guessable=is_guessable)
        if wait:
            current_app.extensions["metrics"].sign_ins.labels("slowed").inc()
            said = f"Too many wrong codes. Try again in {in_words(wait)}."
            if wait >= throttle.CODES_WINDOW.total_seconds():
                said = "Too many wrong codes today. Use a recovery code or a passkey."
            return _show_second(connection, user, form, target, 429, said, wait)
        fits = (
            takes_code(connection, user.id, code) if is_guessable else _takes_recovery(connection, user, code)
        )
        if not fits:
            log.warning("sign-in failed: wrong code for %r, address %s", user.name, address)
            current_app.extensions["metrics"].sign_ins.labels("failure").inc()
            return _show_second(
                connection, user, form, target, 401, "That code is wrong, or was used before."
            )
    return _let_in(user.id, user.name, target, how="a code" if is_guessable else "a recovery code", tries=2)


@public
def sign_in_by_passkey() -> Response:
    """With a passkey alone when it knows who used it, else behind the password of the same user."""
    target = session.local_target(request.values.get("next"))
    try:
        with transaction() as connection:
            shown = passkeys.check_shown(connection, request.form.get("credential", ""))
            awaited = _awaited(connection)
        if not shown.verified and (awaited is None or awaited.id != shown.user_id):
            raise AnswerRefused("That passkey did not ask who you are. Sign in with your password first.")
    except AnswerRefused as refused:
        log.warning("sign-in by passkey failed, address %s", throttle.network(request.remote_addr))
        current_app.extensions["metrics"].sign_ins.labels("failure").inc()
        with transaction() as connection:
            if isinstance(refused, PasskeyCopied):
                trail.note_of(
                    connection,
                    "copied passkey refused",
                    actor=None,
                    subject=refused.user_name,
                    detail=refused.passkey_name,
                )
            user = _awaited(connection)
            if user:
                return _show_second(connection, user, CodeForm(), target, 401, str(refused))
        return _show(SignInForm(formdata=None), target, 401, str(refused))
    tries = 1 if awaited and awaited.id == shown.user_id else 0
    return _let_in(shown.user_id, shown.user_name, target, how=f"passkey {shown.passkey_name}", tries=tries)


def sign_out() -> Response:
    """Sign this device out."""
    response = redirect(url_for("sign_in"))
    with transaction() as connection:
        trail.note(connection, "signed out")
    session.end(response)
    g.account = None
    return response


def auth_check() -> Response:
    """For nginx's auth_request: 204 when signed in (with at least ?role=…), else 401 or 403."""
    role = request.args.get("role", "viewer")
    if role not in session.RANK:
        raise BadRequest(f"role: {shorten(role)} is not a role; there are {', '.join(session.RANK)}.")
    if not current_user.may(role):
        raise Forbidden()
    return make_response("", 204)


def takes_code(connection: Connection, user_id: int, code: str, *, confirmed: bool = True) -> bool:
    """Whether it is a code of the user's app that was not used yet; it is used then."""
    kept = factors.totp_secret(connection, user_id, confirmed=confirmed)
    if kept is None:
        return False
    stored, last_step = kept
    try:
        secret = second_factor.decrypt(current_app.config["SECRET_KEY"], user_id, stored)
    except second_factor.SecretUnreadable:
        log.error("the dashboard's secret key is another than when an authenticator app was set up: reset it")
        return False
    step = second_factor.matching_step(secret, code, time.time(), last_step)
    return step is not None and factors.take_step(connection, user_id, step)


def in_words(seconds: int) -> str:
    """So long one has to wait."""
    if seconds < 90:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    return f"{-(-seconds // 60)} minutes"


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
    if user_id and password_hash and passwords.needs_new_hash(password_hash):
        with transaction() as connection:
            accounts.renew_password_hash(
                connection, user_id, password_hash, passwords.hash_password(password)
            )
    return user_id, 0


def _let_in(user_id: int, name: str, target: str, *, how: str = "", tries: int) -> Response:
    """Whoever has shown all there was to show.

    `tries` of the attempts that were counted as failed so far are this sign-in's own.
    """
    with transaction() as connection:
        failed = attempts.add_success(connection, name, throttle.network(request.remote_addr)) - tries
        said = [how] if how else []
        if failed > 0:
            said.append(f"after {failed} that failed")
        trail.note_of(connection, "signed in", actor=name, subject=name, detail=", ".join(said))
    current_app.extensions["metrics"].sign_ins.labels("success").inc()
    response = redirect(target)
    session.start(response, user_id)
    return response


def _takes_recovery(connection: Connection, user: accounts.User, code: str) -> bool:
    code_hash = second_factor.digest(current_app.config["SECRET_KEY"], user.id, code)
    if not factors.use_recovery_code(connection, user.id, code_hash):
        return False
    left = factors.read(connection, user.id).codes
    trail.note_of(
        connection, "recovery code used", actor=user.name, subject=user.name, detail=f"{left} are left"
    )
    return True


def _await_second_step(connection: Connection, user_id: int, name: str) -> None:
    """The browser carries, signed, whose password was right; it counts until the password is another."""
    cookie["second"] = [name, _fingerprint(connection, name), int(time.time())]


def _awaited(connection: Connection) -> accounts.User | None:
    """Of whom the second step is awaited from this browser."""
    name, fingerprint, since = cookie.get("second") or ("", "", 0)
    if time.time() - since > SECOND_STEP_SECONDS or fingerprint != _fingerprint(connection, name):
        return None
    return accounts.find_user(connection, name)


def _fingerprint(connection: Connection, name: str) -> str:
    """Of the password's hash, whose salt nobody knows."""
    found = accounts.find_password_hash(connection, name)
    return hashlib.sha256(found[1].encode()).hexdigest() if found else ""


def _show(form: SignInForm, target: str, status: int, message: str = "", wait: int = 0) -> Response:
    page = render_template(
        "sign_in.html",
        form=form,
        next=target,
        message=message,
        copied="copied" in request.args,
        options=passkeys.request_options() if passkeys.are_possible() else None,
    )
    return _answer(page, status, wait)


def _show_second(
    connection: Connection,
    user: accounts.User,
    form: CodeForm,
    target: str,
    status: int,
    message: str = "",
    wait: int = 0,
) -> Response:
    known = factors.list_passkeys(connection, user.id)
    page = render_template(
        "second_step.html",
        form=form,
        next=target,
        message=message,
        factor=factors.read(connection, user.id),
        options=passkeys.request_options(known) if known and passkeys.are_possible() else None,
    )
    return _answer(page, status, wait)


def _answer(page: str, status: int, wait: int) -> Response:
    response = make_response(page, status)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response
