"""What is shown when a request cannot be answered: a page for people, a problem document for programs."""

import logging

import psycopg
from flask import Flask, Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import BadRequest, HTTPException, ServiceUnavailable

TITLES = {
    400: "That cannot be read",
    401: "Please sign in",
    403: "Not for you",
    404: "No such page",
    405: "Not like that",
    406: "Not in that form",
    413: "Too much at once",
    429: "Too many tries",
    500: "Something broke",
    503: "The database is away",
    504: "That took too long",
}
SENTENCES = {
    403: "Your account may not see this.",
    404: "There is nothing at this address.",
    405: "This address does not take that kind of request.",
    413: "What was sent is longer than anything this page asks for.",
    500: "That is a fault of Spotkeeper; it is in the journal: journalctl -u spotkeeper-dashboard",
    503: "Spots are still collected and wait in the spool: nothing is lost. Try again in a moment.",
}

log = logging.getLogger(__name__)


def add_to(app: Flask) -> None:
    """Answer every error in plain words; never with a traceback."""
    app.register_error_handler(HTTPException, _answer)
    app.register_error_handler(CSRFError, _form_too_old)
    app.register_error_handler(psycopg.OperationalError, _database_away)
    app.register_error_handler(psycopg.DataError, _unstorable)


def wants_json() -> bool:
    """Whether a program is asking: by its Accept header, or at an address only programs use."""
    if (
        request.path == "/health"
        or request.path.startswith(("/auth/", "/api/"))
        or request.path.endswith((".adi", ".csv", ".json"))
    ):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json", "application/problem+json"])
    return best is not None and best != "text/html"


def problem(status: int, detail: str) -> Response:
    """An RFC 9457 problem document."""
    response = make_response(
        {"title": TITLES.get(status, "Error"), "status": status, "detail": detail}, status
    )
    response.content_type = "application/problem+json"
    return response


def _answer(error: HTTPException) -> Response:
    if error.response is not None or error.code is None or error.code < 400:
        return make_response(error.get_response())
    status = error.code
    said = error.description if error.description != type(error).description else None
    detail = said or SENTENCES.get(status) or error.description or ""
    if wants_json():
        response = problem(status, detail)
    else:
        title = TITLES.get(status, error.name)
        response = make_response(
            render_template("error.html", status=status, title=title, detail=detail), status
        )
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _form_too_old(error: CSRFError) -> Response:
    return _answer(
        BadRequest("The form you sent was too old or not ours. Go back, reload the page and try again.")
    )


def _database_away(error: psycopg.OperationalError) -> Response:
    log.warning("database away or slow: %s", " ".join(str(error).split()))
    return _answer(ServiceUnavailable(retry_after=5))


def _unstorable(error: psycopg.DataError) -> Response:
    log.warning("refused what PostgreSQL cannot hold: %s", error)
    return _answer(BadRequest("What was sent holds characters that cannot be stored."))
