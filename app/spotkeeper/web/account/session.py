"""The device that is signed in: a token in its cookie, the token's hash in PostgreSQL."""

import hashlib
import secrets
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, Response, g, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user
from werkzeug.wrappers import Response as AnyResponse

from spotkeeper.db import accounts
from spotkeeper.db.accounts import UserRole
from spotkeeper.web.access import is_api, is_public
from spotkeeper.web.account.chosen import Chosen
from spotkeeper.web.database import transaction
from spotkeeper.web.errors import problem, wants_json

COOKIE = "__Host-device"
LIFETIME = timedelta(days=400)  # browsers keep no cookie longer
RANK: dict[UserRole, int] = {"viewer": 0, "user": 1, "owner": 2}


class Account(UserMixin):  # type: ignore[misc]
    """The user of this request."""

    def __init__(self, found: accounts.Session) -> None:
        self.id = found.user_id
        self.name = found.user_name
        self.role = found.role
        self.chosen = Chosen.from_stored(found.settings)
        self.is_stale = found.stale

    def may(self, role: UserRole) -> bool:
        """Whether the account has at least that role."""
        return RANK[self.role] >= RANK[role]


def add_to(app: Flask) -> None:
    """Load the account by the cookie, prolong what is in use, and refuse whoever is not signed in."""
    # Without its context processor, which would ask the database again for the page that says it is away.
    manager = LoginManager(app, add_context_processor=False)
    manager.request_loader(lambda request: _load())
    manager.unauthorized_handler(_ask_to_sign_in)
    app.before_request(_require_sign_in)
    app.after_request(_prolong)
    app.context_processor(lambda: {"account": g.get("account")})


def start(response: AnyResponse, user_id: int) -> None:
    """Sign the device in under a new token; whatever it carried before counts no more."""
    _close()
    token = secrets.token_urlsafe(32)
    device = request.user_agent.string[:200].replace("\0", "")
    with transaction() as connection:
        accounts.open_session(connection, _hash(token), user_id, device, LIFETIME)
    _set_cookie(response, token)


def end(response: AnyResponse) -> None:
    """Sign the device out: its token and the tokens of its forms count no more."""
    _close()
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="Lax")


def current_hash() -> bytes | None:
    """The hash of the token this request came with."""
    token = request.cookies.get(COOKIE)
    return _hash(token) if token else None


def local_target(given: str | None) -> str:
    """Where to go after the sign-in: the given path when it is one of ours, else the first page."""
    target = (given or "").replace("\\", "/")
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or not target.startswith("/") or target.startswith("//"):
        return url_for("now")
    return target


def _close() -> None:
    if token_hash := current_hash():
        with transaction() as connection:
            accounts.close_session(connection, token_hash)
    session.clear()


def _load() -> Account | None:
    token_hash = current_hash()
    if token_hash is None:
        return None
    with transaction() as connection:
        found = accounts.find_session(connection, token_hash)
    g.account = Account(found) if found else None
    return g.account  # type: ignore[no-any-return]


def _require_sign_in() -> AnyResponse | None:
    if is_public() or is_api() or current_user.is_authenticated:  # web/api/access.py guards the API
        return None
    return _ask_to_sign_in()


def _ask_to_sign_in() -> AnyResponse:
    if wants_json():
        return problem(401, "Sign in first.")
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("sign_in", next=None if target == "/" else target))


def _prolong(response: Response) -> Response:
    token = request.cookies.get(COOKIE)
    account = g.get("account")
    if (
        token
        and account
        and account.is_stale
        and response.status_code < 400
        and COOKIE not in str(response.headers)
    ):
        with transaction() as connection:
            accounts.prolong_session(connection, _hash(token), LIFETIME)
        _set_cookie(response, token)
    return response


def _set_cookie(response: AnyResponse, token: str) -> None:
    response.set_cookie(COOKIE, token, max_age=LIFETIME, secure=True, httponly=True, samesite="Lax")


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
