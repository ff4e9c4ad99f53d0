"""The page of the devices on which an account is signed in."""

from flask import Flask, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response

from spotkeeper.db import sessions
from spotkeeper.db.connection import Connection
from spotkeeper.web.account import trail
from spotkeeper.web.account.user_agent import in_words
from spotkeeper.web.database import reading, transaction


def add_to(app: Flask) -> None:
    """Add /settings/devices, and the addresses by which devices are signed out."""
    app.add_url_rule("/settings/devices", "devices", show)
    app.add_url_rule("/settings/devices/sign-out", "sign_out_device", sign_out_device, methods=["POST"])
    app.add_url_rule("/sign-out-elsewhere", "sign_out_elsewhere", sign_out_elsewhere, methods=["POST"])
    app.add_template_filter(in_words, "device")


def show() -> Response:
    """The account's devices, this one first."""
    _require_user()
    with reading() as connection:
        devices = sessions.list_devices(connection, current_user.id)
    devices.sort(key=lambda device: device.id != current_user.session_id)
    page = render_template(
        "devices.html", devices=devices, here=current_user.session_id, out=request.args.get("out")
    )
    return make_response(page)


def sign_out_device() -> Response:
    """Sign one device of the account out; it is out with its next request."""
    _require_user()
    with transaction() as connection:
        done = sign_out_given(connection, current_user.id, current_user.name)
    return redirect(url_for("devices", out="one" if done else None))


def sign_out_given(connection: Connection, user_id: int, user_name: str) -> bool:
    """Sign the device of that user out whose number is in the form; whether there was one."""
    number = request.form.get("id", "")
    # Numbers are at most 2^63 - 1.
    closed = sessions.close(connection, int(number), user_id) if _is_id(number) else None
    if closed is None:
        return False
    trail.note(connection, "device signed out", subject=user_name, detail=in_words(closed))
    return True


def sign_out_elsewhere() -> Response:
    """Sign all other devices of the account out."""
    _require_user()
    with transaction() as connection:
        number = sessions.close_all(connection, current_user.id, but=current_user.session_id)
        if number:
            trail.note(connection, "device signed out", detail=f"{number} other{'' if number == 1 else 's'}")
    return redirect(url_for("devices", out="others"))


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _require_user() -> None:
    if not current_user.may("user"):
        raise Forbidden("This account only looks: its devices are the owner's matter.")
