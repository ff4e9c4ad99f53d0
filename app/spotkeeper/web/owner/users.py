"""GET /users: who may sign in, and what owners do about it."""

from typing import Literal

from flask import Flask, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.exceptions import BadRequest, Conflict, NotFound
from werkzeug.wrappers import Response

from spotkeeper import invitations as links
from spotkeeper.db import accounts, sessions, tokens
from spotkeeper.db import invitations as table
from spotkeeper.db import second_factor as factors
from spotkeeper.db.accounts import Change, User, UserRole
from spotkeeper.db.connection import Connection
from spotkeeper.web.account import session, trail
from spotkeeper.web.account.chosen import shorten
from spotkeeper.web.database import transaction
from spotkeeper.web.owner.only import for_confirmed_owners

ROLES: dict[UserRole, str] = {
    "viewer": "sees the pages",
    "user": "has settings too",
    "owner": "sees and does all",
}
Done = Literal["role", "removed", "reset", "out"]


def add_to(app: Flask) -> None:
    """Add the page and what its forms are sent to."""
    app.add_url_rule("/users", "users", show)
    for path, view in (
        ("role", change_role),
        ("remove", remove),
        ("reset", reset_second_step),
        ("sign-out", sign_out_everywhere),
    ):
        app.add_url_rule(f"/users/{path}", view.__name__, view, methods=["POST"])


@for_confirmed_owners
def show() -> Response:
    """Everybody, with what they have, and the invitations that are still good."""
    return page(done=request.args.get("done"), name=request.args.get("name"))


@for_confirmed_owners
def change_role() -> Response:
    """Give a user another role, from the next request on."""
    role = role_given()
    with transaction() as connection:
        user = user_given(connection)
        if role != user.role:
            _require_done(accounts.change_role(connection, user.id, role))
            trail.note(connection, "role changed", subject=user.name, detail=f"{user.role} to {role}")
            if user.role == "owner":
                _end_invitations(connection, user.name)
            # A viewer has no page on which to see or to revoke them.
            if role == "viewer" and (ended := tokens.revoke(connection, user.name)):
                trail.note(connection, "token revoked", subject=user.name, detail=f"all {ended}")
    return _back("role", user.name)


@for_confirmed_owners
def remove() -> Response:
    """Remove a user with all that is theirs."""
    with transaction() as connection:
        user = user_given(connection)
        _require_done(accounts.remove_user(connection, user.id))
        trail.note(connection, "user removed", subject=user.name, detail=user.role)
        _end_invitations(connection, user.name)
    return _back("removed", user.name)


@for_confirmed_owners
def reset_second_step() -> Response:
    """Let a user sign in with the password alone again."""
    with transaction() as connection:
        user = user_given(connection)
        if factors.reset(connection, user.id):
            trail.note(connection, "second step reset", subject=user.name)
    return _back("reset", user.name)


@for_confirmed_owners
def sign_out_everywhere() -> Response:
    """Sign all devices of a user out, and end the tokens of their programs."""
    with transaction() as connection:
        user = user_given(connection)
        devices = sessions.close_all(connection, user.id, but=current_user.session_id)
        ended = tokens.revoke(connection, user.name)
        if devices or ended:
            trail.note(
                connection,
                "device signed out",
                subject=user.name,
                detail=f"{devices} devices, {ended} tokens",
            )
    return _back("out", user.name)


def page(
    *, done: str | None = None, name: str | None = None, link: str | None = None, status: int = 200
) -> Response:
    """The page, with a new invitation's link when there is one."""
    with transaction() as connection:
        people = accounts.list_people(connection)
        invited = table.list_open(connection)
    page = render_template(
        "users.html",
        people=people,
        invited=invited,
        roles=ROLES,
        lifetimes=links.LIFETIMES,
        owners=sum(person.role == "owner" for person in people),
        done=done,
        name=name,
        link=link,
    )
    return make_response(page, status)


def user_given(connection: Connection) -> User:
    """The one whom the request names. Raises NotFound for somebody who is not there."""
    name = request.values.get("name", "")
    user = accounts.find_user(connection, name) if accounts.NAME.fullmatch(name) else None
    if user is None:
        raise NotFound(f"There is no user {shorten(name)}.")
    return user


def role_given() -> UserRole:
    """The one in the form. Raises BadRequest for what is none."""
    role = request.form.get("role", "")
    if role not in session.RANK:
        raise BadRequest(f"role: {shorten(role)} is not a role; there are {', '.join(session.RANK)}.")
    return role


def _end_invitations(connection: Connection, name: str) -> None:
    for ended in table.revoke_made_by(connection, name):
        trail.note(connection, "invitation revoked", detail=ended.in_words)


def _require_done(change: Change) -> None:
    if change == "last owner":
        raise Conflict("This is the last owner: nobody could let anybody in. Make somebody else owner first.")


def _back(done: Done, name: str) -> Response:
    return redirect(url_for("users", done=done, name=name))
