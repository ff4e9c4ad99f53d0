"""GET /users/devices: where somebody is signed in, and owners sign a device out."""

from flask import Flask, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from spotkeeper.db import sessions
from spotkeeper.web.account import devices_page
from spotkeeper.web.database import reading, transaction
from spotkeeper.web.owner import users
from spotkeeper.web.owner.only import for_confirmed_owners


def add_to(app: Flask) -> None:
    """Add the page and what its forms are sent to."""
    app.add_url_rule("/users/devices", "user_devices", show)
    app.add_url_rule("/users/devices/sign-out", "sign_out_user_device", sign_out, methods=["POST"])


@for_confirmed_owners
def show() -> Response:
    """The devices of the user, the one that was seen last comes first."""
    with reading() as connection:
        user = users.user_given(connection)
        devices = sessions.list_devices(connection, user.id)
    page = render_template(
        "user_devices.html",
        user=user.name,
        devices=devices,
        here=current_user.session_id,
        out="out" in request.args,
    )
    return make_response(page)


@for_confirmed_owners
def sign_out() -> Response:
    """Sign one device of the user out; it is out with its next request."""
    with transaction() as connection:
        user = users.user_given(connection)
        done = devices_page.sign_out_given(connection, user.id, user.name)
    return redirect(url_for("user_devices", name=user.name, out="one" if done else None))
