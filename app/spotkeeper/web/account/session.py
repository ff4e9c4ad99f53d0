"""The device that is signed in: a token in its cookie, the token's hash in PostgreSQL.

The token is renewed every day. That an old one is used although the device has a later one means that
somebody else has a copy: then the device is signed out.
"""

import hashlib
import logging
import secrets
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, Response, g, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user
from werkzeug.wrappers import Response as AnyResponse

from spotkeeper.db import sessions
from spotkeeper.db.accounts import UserRole
from spotkeeper.db.connection import Connection
from spotkeeper.web.access import is_api, is_public
from spotkeeper.web.account import throttle, trail
from spotkeeper.web.account.chosen import Chosen
from spotkeeper.web.database import reading, transaction
from spotkeeper.web.errors import problem, wants_json

COOKIE = "__Host-device"
LIFETIME = timedelta(days=400)  # browsers keep no cookie longer
RANK: dict[UserRole, int] = {"viewer": 0, "user": 1, "owner": 2}

log = logging.getLogger(__name__)


class Account(UserMixin):  # type: ignore[misc]
    """The user of this request, at a device with the session `session_id`."""

    def __init__(self, found: sessions.Session) -> None:
        self.id = found.user_id
        self.name = found.user_name
        self.role = found.role
        self.chosen = Chosen.from_stored(found.settings)
        self.session_id = found.id
        self.is_confirmed = found.confirmed
        self.needs_token = found.due

    def may(self, role: UserRole) -> bool:
        """Whether the account has at least that role."""
        return RANK[self.role] >= RANK[role]


def add_to(app: Flask) -> None:
    """Load the account by the cookie, renew what is in use, and refuse whoever is not signed in."""
    # Without its context processor, which would ask the database again for the page that says it is away.
    manager = LoginManager(app, add_context_processor=False)
    # It would guard a session of its own, which nobody has, and write that into the cookie of forms.
    manager.session_protection = None
    manager.request_loader(lambda request: _load())
    manager.unauthorized_handler(_ask_to_sign_in)
    app.before_request(_require_sign_in)
    app.after_request(_renew)
    app.context_processor(lambda: {"account": g.get("account")})


def start(response: AnyResponse, user_id: int) -> None:
    """Sign the device in under a new token; whatever it carried before counts no more."""
    _close()
    token = secrets.token_urlsafe(32)
    device = request.user_agent.string[:200].replace("\0", "")
    with transaction() as connection:
        sessions.open_session(connection, _hash(token), user_id, device, _rough_address(), LIFETIME)
    _set_cookie(response, token)
    # What the car page kept may be another account's.
    response.headers["Clear-Site-Data"] = '"storage"'


def renew(connection: Connection, response: AnyResponse) -> None:
    """Give the device of this request another token; a copy of the one before counts no more."""
    token = secrets.token_urlsafe(32)
    sessions.replace_tokens(connection, current_user.session_id, _hash(token))
    _set_cookie(response, token)


def end(response: AnyResponse) -> None:
    """Sign the device out: its token and the tokens of its forms count no more, kept pages are gone."""
    _close()
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="Lax")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'


def local_target(given: str | None) -> str:
    """Where to go after the sign-in: the given path when it is one of ours, else the first page."""
    target = (given or "").replace("\\", "/")
    # Browsers leave out tabs and the ends of lines: then "/", a tab and "/" begin another site's address.
    is_local = target.startswith("/") and not target.startswith("//") and target.isprintable()
    return target if is_local else url_for("now")


def _close() -> None:
    if token_hash := _token_hash():
        with transaction() as connection:
            sessions.close_by_token(connection, token_hash)
    session.clear()


def _load() -> Account | None:
    token_hash = _token_hash()
    if token_hash is None:
        return None
    with reading() as connection:
        found = sessions.find(connection, token_hash)
    if found and (found.stolen or found.arrived or found.stale):
        with transaction() as connection:
            _note(connection, found, token_hash)
    g.account = Account(found) if found and not found.stolen else None
    return g.account  # type: ignore[no-any-return]


def _note(connection: Connection, found: sessions.Session, token_hash: bytes) -> None:
    """Write down what the token that came says of its device."""
    if found.stolen:
        sessions.close(connection, found.id, found.user_id)
        trail.note_of(connection, "copied token used", actor=None, subject=found.user_name)
        log.warning("an old token of %s was used: its device is signed out", found.user_name)
        g.token_was_copied = True
        return
    if found.arrived:
        sessions.settle(connection, found.id, token_hash)
    if found.stale:
        sessions.seen(connection, found.id, _rough_address(), LIFETIME)


def _require_sign_in() -> AnyResponse | None:
    if is_public() or is_api() or current_user.is_authenticated:  # web/api/access.py guards the API
        return None
    return _ask_to_sign_in()


def _ask_to_sign_in() -> AnyResponse:
    if wants_json():
        return problem(401, "Sign in first.")
    target = _shown()
    copied = "yes" if g.get("token_was_copied") else None
    page = url_for("sign_in", next=None if target in ("", "/") else target, copied=copied)
    if "HX-Request" in request.headers:
        # htmx would follow to it, and put it in the place of a part.
        return Response(status=204, headers={"HX-Redirect": page})
    return redirect(page)


def _shown() -> str:
    """The page that is to be seen then, with its query; empty when that is not known."""
    if "HX-Request" not in request.headers:
        return request.full_path.rstrip("?") if request.method == "GET" else ""
    try:
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:
        return ""
    return f"{page.path}?{page.query}".rstrip("?")


def _renew(response: Response) -> Response:
    account = g.get("account")
    if (
        account
        and account.needs_token
        and response.status_code < 400
        and request.endpoint != "auth_check"  # nginx keeps the answer to itself
        and COOKIE not in str(response.headers)
    ):
        token = secrets.token_urlsafe(32)
        with transaction() as connection:
            offered = sessions.offer(connection, account.session_id, _hash(token))
        if offered:
            _set_cookie(response, token)
    return response


def _rough_address() -> str:
    return throttle.neighbourhood(request.remote_addr)


def _token_hash() -> bytes | None:
    token = request.cookies.get(COOKIE)
    return _hash(token) if token else None


def _set_cookie(response: AnyResponse, token: str) -> None:
    response.set_cookie(COOKIE, token, max_age=LIFETIME, secure=True, httponly=True, samesite="Lax")


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
