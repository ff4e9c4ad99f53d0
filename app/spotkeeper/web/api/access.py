"""Who may use the API: people who are signed in, programs with a token, everybody where the owner allows it.

The check runs before every view below /api. A view says which scope a token needs by `needs`; without a word
it is "read".
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from flask import Flask, Response, current_app, g, make_response, request
from flask_login import current_user

from spotkeeper import settings, tokens
from spotkeeper.db import tokens as table
from spotkeeper.web.access import is_api, is_public
from spotkeeper.web.account import throttle
from spotkeeper.web.api.quota import Quota
from spotkeeper.web.database import reading
from spotkeeper.web.errors import problem

View = TypeVar("View", bound=Callable[..., Any])

EVERY_SCOPE = frozenset(tokens.SCOPES)
TOLD_TO_SCRIPTS = "ETag, Link, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate"
PREFLIGHT_SECONDS = 7200  # browsers keep the answer no longer


class Client(NamedTuple):
    """Who asks: `key` is what requests are counted by, `limit` how many a minute there may be."""

    key: str
    limit: int
    scopes: frozenset[str]
    kind: str


def add_to(app: Flask) -> None:
    """Guard everything below /api by the settings of table [api], in `app.config["ACCESS"]`."""
    app.extensions["api-quota"] = Quota()
    app.before_request(_admit)
    app.after_request(_mark)


def needs(scope: str) -> Callable[[View], View]:
    """Marks a view that takes tokens of this scope only."""

    def mark(view: View) -> View:
        view.scope = scope  # type: ignore[attr-defined]
        return view

    return mark


def _admit() -> Response | None:
    """The answer for who may not, or not now; None when the view is to answer."""
    if not is_api():
        return None
    if request.method == "OPTIONS":
        return make_response("", 204)
    if is_public():
        return None
    rules: settings.Api = current_app.config["ACCESS"]
    quota: Quota = current_app.extensions["api-quota"]
    client = _by_token(rules) if "Authorization" in request.headers else _without_token(rules)
    if isinstance(client, Response):
        return client
    g.api_client = client
    scope = getattr(current_app.view_functions[request.endpoint or ""], "scope", "read")
    if scope not in client.scopes:
        return _challenge(
            403, f"This token is not for this: it lacks the scope {scope}.", "insufficient_scope", scope
        )
    g.api_standing = quota.take(client.key, client.limit)
    if not g.api_standing.is_within:
        return problem(429, f"More than {client.limit} requests in a minute.")
    return None


def _by_token(rules: settings.Api) -> Client | Response:
    scheme, _, token = request.headers["Authorization"].partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not tokens.TOKEN.fullmatch(token):
        said = f"Authorization: give “Bearer” and a token, which begins with {tokens.PREFIX}."
        return _challenge(401, said, "invalid_token")
    with reading() as connection:
        found = table.find(connection, tokens.digest(token))
        if found and found.stale:
            table.used(connection, found.token_id)
    if found is None:
        return _challenge(401, "This token is unknown, expired or revoked.", "invalid_token")
    return Client(f"token {found.token_id}", rules.requests_per_minute, found.scopes, "token")


def _without_token(rules: settings.Api) -> Client | Response:
    if current_user.is_authenticated:
        return Client(f"user {current_user.id}", rules.requests_per_minute, EVERY_SCOPE, "signed in")
    if rules.anonymous:
        address = throttle.network(request.remote_addr)
        return Client(f"address {address}", rules.anonymous_requests_per_minute, EVERY_SCOPE, "anonymous")
    return _challenge(401, "Sign in, or send a token: Authorization: Bearer spk_…")


def _challenge(status: int, detail: str, error: str = "", scope: str = "") -> Response:
    """A refusal with the header of RFC 6750."""
    parts = {"realm": "spotkeeper", "error": error, "scope": scope}
    response = problem(status, detail)
    response.headers["WWW-Authenticate"] = "Bearer " + ", ".join(
        f'{name}="{value}"' for name, value in parts.items() if value
    )
    return response


def _mark(response: Response) -> Response:
    """What every answer of the API says of itself besides its content."""
    client: Client | None = g.get("api_client")
    if standing := g.get("api_standing"):
        response.headers.update(standing.headers())
    if not is_api():
        return response
    response.vary.update(("Authorization", "Cookie"))
    if client is None or client.kind != "anonymous":
        # The same for all who may see it is not for everybody: no proxy on the way may keep it.
        response.cache_control.public = False
        if response.cache_control.max_age is not None:
            response.cache_control.private = True
    if client is None or client.kind != "signed in":
        # Never together with Access-Control-Allow-Credentials: another site's page cannot use the cookie.
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = TOLD_TO_SCRIPTS
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD"
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Last-Event-ID"
        response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    return response
