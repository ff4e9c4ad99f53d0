"""/api/v1/spots: the search, in pages and as files, and each spot by itself."""

from collections.abc import Generator, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from threading import BoundedSemaphore
from typing import Any, cast
from urllib.parse import urlencode

import msgspec
from flask import Flask, Response, current_app, request
from flask.blueprints import BlueprintSetupState
from marshmallow import Schema
from werkzeug.exceptions import BadRequest, NotAcceptable, NotFound, ServiceUnavailable

from spotkeeper.db import one_spot
from spotkeeper.db.identity import read_spot_id
from spotkeeper.db.search import search
from spotkeeper.db.search_ranges import Pace
from spotkeeper.db.search_wanted import Row
from spotkeeper.web.api import formats
from spotkeeper.web.api.blueprint import Blueprint
from spotkeeper.web.api.formats import FORMATS, Format, Writer
from spotkeeper.web.api.spots_arguments import Whole
from spotkeeper.web.api.spots_query import (
    LONGEST_EXPORT,
    LONGEST_PAGE,
    PAGE,
    Asked,
    SpotsQuery,
    SpotsQueryWithFormat,
    asked_for,
)
from spotkeeper.web.api.spots_schema import (
    FIELDS,
    SpotAloneSchema,
    SpotsSchema,
    objects,
    time_or_none,
)
from spotkeeper.web.database import reading

EXPORTS_AT_ONCE = 2
PORTION = 1000
PAGE_SECONDS = 5
SPOT_SECONDS = 60
MOST_OTHERS = 200
_EXPORTS = "api-exports"

_ETAG = {"ETag": {"description": "For If-None-Match", "schema": {"type": "string"}}}
_PAGE = _ETAG | {"Link": {"description": "The next page (rel=next)", "schema": {"type": "string"}}}
_SPOT_ID = {
    "in": "path",
    "name": "id",
    "description": "Of an answer of this API",
    "schema": {"type": "string", "pattern": "^[0-9a-z]{1,6}-[0-9a-f]{16}$"},
}

blueprint = Blueprint("spots", __name__, "Spots: the search, and each spot by itself")


class AlsoHeardQuery(Schema):
    """How far around a spot is looked."""

    minutes = Whole(1, 60, "Before and after the spot", load_default=15)


@blueprint.record
def _prepare(state: BlueprintSetupState) -> None:
    """An export longer than a page keeps a thread busy: some are left for the pages, whatever is exported."""
    state.app.config.setdefault("SEARCH_PACE", {})
    state.app.extensions[_EXPORTS] = BoundedSemaphore(EXPORTS_AT_ONCE)


@blueprint.route("/spots")
@blueprint.arguments(SpotsQueryWithFormat, location="query")
@blueprint.response(200, SpotsSchema, headers=_PAGE)
@blueprint.alt_response(200, schema={"type": "string"}, content_type="text/csv")
@blueprint.alt_response(200, schema={"type": "string"}, content_type="application/x-ndjson")
@blueprint.alt_response(200, schema={"type": "string"}, content_type="application/x-adif")
@blueprint.alt_response(304, description="As If-None-Match says")
def spots(query: dict[str, Any]) -> Response:
    """Search the spots: all conditions that are given must hold; the newest come first

    Pages of JSON follow each other by `cursor`: none is told twice and none left out, whatever comes in
    meanwhile; a spot that comes late is told when its place has not been passed. The other formats, by
    `format` or the Accept header, have all spots in one stream. An export that breaks off is not complete.
    """
    if "format" in query:
        format = formats.by_name(query.pop("format"))
        return answer(asked_for(query), format)
    chosen = request.accept_mimetypes.best_match([known.mimetype for known in FORMATS])
    if request.accept_mimetypes and chosen is None:
        raise NotAcceptable(f"There are {', '.join(known.mimetype for known in FORMATS)}.")
    format = next((known for known in FORMATS if known.mimetype == chosen), FORMATS[0])
    response = answer(asked_for(query), format)
    response.vary.add("Accept")
    return response


@blueprint.route("/spots.<any(json, csv, ndjson, adi):extension>")
@blueprint.arguments(SpotsQuery, location="query")
@blueprint.response(200, SpotsSchema, headers=_PAGE)
@blueprint.alt_response(200, schema={"type": "string"}, content_type="text/csv")
@blueprint.alt_response(200, schema={"type": "string"}, content_type="application/x-ndjson")
@blueprint.alt_response(200, schema={"type": "string"}, content_type="application/x-adif")
@blueprint.alt_response(304, description="As If-None-Match says")
def spots_file(query: dict[str, Any], extension: str) -> Response:
    """Search the spots, in the format of the extension

    As /api/v1/spots.
    """
    return answer(asked_for(query), formats.by_name(extension))


@blueprint.route("/spots/<id>", parameters=[_SPOT_ID])
@blueprint.arguments(AlsoHeardQuery, location="query")
@blueprint.response(200, SpotAloneSchema, headers=_ETAG)
@blueprint.alt_response(304, description="As If-None-Match says")
@blueprint.alt_response(404, "DEFAULT_ERROR")
def spot(query: dict[str, Any], id: str) -> Response:
    """One spot, and who else heard the same DX around that time"""
    try:
        time, key = read_spot_id(id)
    except (ValueError, OverflowError):
        raise NotFound("There is no such spot; an id is that of an answer of this API.") from None
    with reading() as connection:
        found = one_spot.spot(connection, time, key)
        if found is None:
            raise NotFound("There is no such spot. It may have been too old to be kept.")
        around = timedelta(minutes=query["minutes"])
        others = one_spot.also_heard(connection, found, around, MOST_OTHERS)
    return _kept({"spot": objects([found])[0], "also_heard": objects(others)}, SPOT_SECONDS)


def answer(asked: Asked, format: Format) -> Response:
    """A page in JSON, or a file with all spots, which is sent while it is read.

    Raises ServiceUnavailable when too many are being sent.
    """
    return _page(asked) if format.writer is None else _export(asked, format, format.writer)


def _page(asked: Asked) -> Response:
    limit = min(asked.limit or PAGE, LONGEST_PAGE)
    with reading() as connection:
        pace = Pace(**current_app.config["SEARCH_PACE"])
        found = search(connection, asked.wanted, limit, asked.after, pace)
    cursor = asked.cursor(found.next) if found.next else None
    names = asked.fields or FIELDS
    response = _kept(
        {
            "spots": objects(found.spots, names),
            "next": cursor,
            "searched_to": time_or_none(found.searched_to),
        },
        PAGE_SECONDS,
    )
    if cursor:
        query = [(name, value) for name, value in request.args.items(multi=True) if name != "cursor"]
        response.headers["Link"] = f'<{request.path}?{urlencode([*query, ("cursor", cursor)])}>; rel="next"'
    return response


def _kept(content: dict[str, Any], seconds: int) -> Response:
    """JSON that a client may keep so long, and then ask whether it is still the same."""
    response = Response(msgspec.json.encode(content), content_type="application/json")
    response.add_etag()
    response.cache_control.private = True
    response.cache_control.max_age = seconds
    return cast(Response, response.make_conditional(request))


def _export(asked: Asked, format: Format, writer: Writer) -> Response:
    if asked.fields and format.name == "adif":
        raise BadRequest("fields: the fields of an ADIF file are those of ADIF.")
    exports: BoundedSemaphore | None = None
    if asked.limit is None or asked.limit > LONGEST_PAGE:
        exports = current_app.extensions[_EXPORTS]
    if exports is not None and not exports.acquire(blocking=False):
        raise ServiceUnavailable(
            f"{EXPORTS_AT_ONCE} exports are under way, and there are no more at a time.", retry_after=10
        )
    lines = _lines(asked, writer, exports)
    # The first portion is made now: a database that is away is answered by a 503.
    first = next(lines)
    response = Response(chain([first], lines), content_type=f"{format.mimetype}; charset=utf-8")
    response.call_on_close(lines.close)
    name = f"spots-{datetime.now(UTC):%Y%m%d-%H%M}Z.{format.extension}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _lines(asked: Asked, writer: Writer, exports: BoundedSemaphore | None) -> Generator[str]:
    names = asked.fields or FIELDS
    try:
        yield from formats.written(writer, _portions(asked), names)
    finally:
        if exports is not None:
            exports.release()


def _portions(asked: Asked) -> Iterator[list[Row]]:
    """One at least. Between them nothing is held of the database, and the request may be over."""
    app = cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]
    pace = current_app.config["SEARCH_PACE"]
    missing = min(asked.limit or LONGEST_EXPORT, LONGEST_EXPORT)
    after = asked.after
    while True:
        with app.app_context(), reading() as connection:
            found = search(connection, asked.wanted, min(PORTION, missing), after, Pace(**pace))
        yield found.spots
        missing -= len(found.spots)
        after = found.next
        if after is None or missing == 0:
            return
