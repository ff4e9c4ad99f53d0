"""The page of the password and of the second step: an authenticator app, passkeys, recovery codes."""

from contextlib import suppress

from flask import Flask, current_app, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from markupsafe import Markup
from werkzeug.exceptions import BadRequest, Forbidden
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from spotkeeper import passwords, second_factor
from spotkeeper.db import accounts
from spotkeeper.db import second_factor as factors
from spotkeeper.db.connection import Connection
from spotkeeper.web.account import confirm, passkeys, session, sign_in, trail
from spotkeeper.web.account.passkeys import AnswerRefused
from spotkeeper.web.account.settings_page import Checked
from spotkeeper.web.database import reading, transaction

LONGEST_NAME = 60


def _passkey_name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ValueError(f"A passkey's name has 1 to {LONGEST_NAME} characters, all of them printable.")
    return name


def fit_password(text: str) -> str:
    """Raises ValueError for a new password that cannot be one."""
    try:
        passwords.check(text)
    except passwords.PasswordUnfit as unfit:
        said = str(unfit)
        raise ValueError(f"{said[0].upper()}{said[1:]}.") from None
    return text


class PasswordForm(FlaskForm):  # type: ignore[misc]
    """Another password."""

    old = PasswordField("The password of now", [InputRequired("Give the password you have now.")])
    new = PasswordField("The new password", [Checked(fit_password)])
    again = PasswordField("The new password again", [EqualTo("new", "The two are not the same.")])


class CodeForm(FlaskForm):  # type: ignore[misc]
    """A code that shows that the app has the secret."""

    code = StringField("Code of the app", [InputRequired("Give the code that the app shows.")])


class PasskeyForm(FlaskForm):  # type: ignore[misc]
    """A passkey that the browser has just made."""

    name = StringField("Name", [Checked(_passkey_name)])
    credential = StringField("", [InputRequired("The browser made no passkey."), Length(max=20_000)])


def add_to(app: Flask) -> None:
    """Add /settings/security and what its forms are sent to."""
    app.add_url_rule("/settings/security", "security", show)
    for path, endpoint, view in (
        ("password", "change_password", change_password),
        ("app", "add_app", add_app),
        ("app/remove", "remove_app", remove_app),
        ("codes", "renew_codes", renew_codes),
        ("passkeys", "add_passkey", add_passkey),
        ("passkeys/rename", "rename_passkey", rename_passkey),
        ("passkeys/remove", "remove_passkey", remove_passkey),
    ):
        methods = ["GET", "POST"] if endpoint == "add_app" else ["POST"]
        app.add_url_rule(f"/settings/security/{path}", endpoint, view, methods=methods)


def show() -> Response:
    """What the account has."""
    if question := _ask():
        return question
    return _page()


def change_password() -> Response:
    """Give the account another password, sign its other devices out, and end copies of this one's cookie."""
    if question := _ask():
        return question
    form = PasswordForm()
    if not form.validate_on_submit():
        return _page(password_form=form)
    wait, fits = confirm.check_password(form.old.data)
    if not fits:
        slow = f"Too many wrong passwords. Try again in {sign_in.in_words(wait)}."
        form.old.errors = [slow if wait else "That is not your password."]
        return _page(password_form=form, status=429 if wait else 400)
    password_hash = passwords.hash_password(form.new.data)
    response = redirect(url_for("security", done="password"))
    with transaction() as connection:
        accounts.change_password(connection, current_user.name, password_hash, but=current_user.session_id)
        session.renew(connection, response)
        trail.note(connection, "password changed")
    return response


def add_app() -> Response:
    """Shows a new secret, the same for an hour; a code that proves that the app has it puts it in force."""
    if question := _ask():
        return question
    form = CodeForm()
    with transaction() as connection:
        if factors.read(connection, current_user.id).totp_since:
            return redirect(url_for("security"))
        secret = _proposed(connection)
        is_on, codes = False, []
        if form.validate_on_submit():
            code = form.code.data.replace(" ", "")
            is_on = sign_in.takes_code(connection, current_user.id, code, confirmed=False)
            if is_on:
                trail.note(connection, "second step on", detail="authenticator app")
                codes = _first_codes(connection)
            else:
                form.code.errors = ["That is not the code of now. Is the clock of the phone right?"]
    if is_on:
        return _page(done="app", codes=codes) if codes else redirect(url_for("security", done="app"))
    import segno

    address = second_factor.address(secret, current_user.name, request.host)
    picture = segno.make(address, error="m").svg_inline(scale=5, border=3, light="#fff", svgclass="qr")
    page = render_template(
        "authenticator.html",
        form=form,
        address=address,
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        picture=Markup(picture),  # noqa: S704  (made here, of base32 and an escaped name)
    )
    return make_response(page, 400 if form.is_submitted() else 200)


def remove_app() -> Response:
    """No code of the app is asked for any more."""
    if question := _ask():
        return question
    with transaction() as connection:
        if factors.remove_totp(connection, current_user.id):
            trail.note(connection, "second step off", detail="authenticator app")
    return redirect(url_for("security", done="app-off"))


def renew_codes() -> Response:
    """New recovery codes, shown this once; those of before are good no more."""
    if question := _ask():
        return question
    with transaction() as connection:
        if not factors.read(connection, current_user.id).is_on:
            raise BadRequest(
                "Recovery codes are for accounts with a second step: add an app or a passkey first."
            )
        codes = _new_codes(connection)
    return _page(codes=codes)


def add_passkey() -> Response:
    """Let the account sign in with a passkey that the browser has made."""
    if question := _ask():
        return question
    form = PasskeyForm()
    if not form.validate_on_submit():
        return _page(passkey_form=form)
    try:
        with transaction() as connection:
            made = passkeys.check_new(connection, form.credential.data)
            outcome = factors.add_passkey(
                connection,
                current_user.id,
                made.id,
                name=form.name.data,
                public_key=made.public_key,
                sign_count=made.sign_count,
                transports=made.transports,
            )
            if outcome != "added":
                raise AnswerRefused(NOT_ADDED[outcome])
            trail.note(connection, "passkey added", detail=form.name.data)
            codes = _first_codes(connection)
    except AnswerRefused as refused:
        form.name.errors = [str(refused)]
        return _page(passkey_form=form)
    return _page(done="passkey", codes=codes) if codes else redirect(url_for("security", done="passkey"))


NOT_ADDED = {
    "known already": "That passkey is here already.",
    "too many": f"You have {factors.MOST_PASSKEYS} passkeys, which is all one may have. Remove one first.",
}


def rename_passkey() -> Response:
    """Give one of the account's passkeys another name."""
    if question := _ask():
        return question
    try:
        name = _passkey_name(request.form.get("name", ""))
    except ValueError as error:
        raise BadRequest(str(error)) from None
    with transaction() as connection:
        factors.rename_passkey(connection, current_user.id, _passkey_id(), name)
    return redirect(url_for("security"))


def remove_passkey() -> Response:
    """Nobody signs in with it any more."""
    if question := _ask():
        return question
    with transaction() as connection:
        name = factors.remove_passkey(connection, current_user.id, _passkey_id())
        if name is not None:
            trail.note(connection, "passkey removed", detail=name)
    return redirect(url_for("security", done="passkey-off" if name is not None else None))


def _ask() -> Response | None:
    if not current_user.may("user"):
        raise Forbidden("This account only looks: its password is the owner's matter.")
    return confirm.ask("security")


def _passkey_id() -> bytes:
    try:
        return bytes.fromhex(request.form.get("id", ""))
    except ValueError:
        raise BadRequest("id: that is no passkey's.") from None


def _proposed(connection: Connection) -> str:
    """The secret that was shown within the last hour, or a new one."""
    key = current_app.config["SECRET_KEY"]
    if kept := factors.totp_secret(connection, current_user.id, confirmed=False):
        with suppress(second_factor.SecretUnreadable):
            return second_factor.decrypt(key, current_user.id, kept[0])
    secret = second_factor.make_secret()
    factors.propose_totp(connection, current_user.id, second_factor.encrypt(key, current_user.id, secret))
    return secret


def _first_codes(connection: Connection) -> list[str]:
    """Recovery codes with the first of what may be lost."""
    return [] if factors.read(connection, current_user.id).codes else _new_codes(connection)


def _new_codes(connection: Connection) -> list[str]:
    codes = second_factor.make_recovery_codes()
    key = current_app.config["SECRET_KEY"]
    hashes = [second_factor.digest(key, current_user.id, code) for code in codes]
    factors.replace_recovery_codes(connection, current_user.id, hashes)
    trail.note(connection, "recovery codes made")
    return codes


def _page(
    *,
    password_form: PasswordForm | None = None,
    passkey_form: PasskeyForm | None = None,
    done: str | None = None,
    codes: list[str] | None = None,
    status: int = 0,
) -> Response:
    with reading() as connection:
        factor = factors.read(connection, current_user.id)
        known = factors.list_passkeys(connection, current_user.id)
    page = render_template(
        "security.html",
        password_form=password_form or PasswordForm(formdata=None),
        passkey_form=passkey_form or PasskeyForm(formdata=None),
        factor=factor,
        passkeys=known,
        options=passkeys.creation_options(current_user.id, current_user.name, known),
        passkeys_are_possible=passkeys.are_possible(),
        codes=codes,
        done=done or request.args.get("done"),
        shortest=passwords.SHORTEST,
    )
    return make_response(page, status or (400 if password_form or passkey_form else 200))
