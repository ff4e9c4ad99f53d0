"""/api/v1/stream: the spots as they come, by Server-Sent Events.

The view only says who may listen to what. nginx holds the connections: it is given the channel by
X-Accel-Redirect, and nchan does the rest.
"""

from typing import Any

from flask import Response
from werkzeug.exceptions import TooManyRequests

from spotkeeper.db import followed
from spotkeeper.db.search_wanted import Wanted
from spotkeeper.web.api.access import needs
from spotkeeper.web.api.blueprint import Blueprint
from spotkeeper.web.api.spots_query import SpotsQuery, asked_for
from spotkeeper.web.database import transaction

# As in nginx.conf.
ALL = "spots"
CHANNELS = "/live/channel/"

_LAST_EVENT_ID = {
    "in": "header",
    "name": "Last-Event-ID",
    "description": "`id` of the last event received, to go on behind it: events are kept ten minutes",
    "schema": {"type": "string"},
}

blueprint = Blueprint("stream", __name__, "Stream: the spots as they come")


class StreamQuery(SpotsQuery):
    """The conditions of a search that a new spot can meet."""

    class Meta:
        exclude = ("since", "until", "limit", "cursor", "names")


@blueprint.route("/stream", parameters=[_LAST_EVENT_ID])
@blueprint.arguments(StreamQuery, location="query")
@blueprint.response(200, description="Events named `spot`, with a spot in JSON as data")
@blueprint.alt_response(200, schema={"type": "string"}, content_type="text/event-stream")
@blueprint.alt_response(429, "DEFAULT_ERROR")
@needs("stream")
def stream(query: dict[str, Any]) -> Response:
    """Follow the spots as they come: Server-Sent Events, with the conditions of a search

    Each event is named `spot`; its data are a spot as /api/v1/spots has it, on one line. A stream ends after
    an hour. Who comes back with `Last-Event-ID`, as browsers do, misses nothing and is told nothing twice. At
    most 40 different searches are followed at a time, however many listeners each has. Who does not accept
    text/event-stream gets the JSON alone, a line for each spot.
    """
    response = Response(content_type="text/event-stream")
    response.cache_control.no_store = True
    response.headers["X-Accel-Redirect"] = CHANNELS + _channel(asked_for(query).wanted)
    return response


def _channel(wanted: Wanted) -> str:
    if wanted == Wanted():
        return ALL
    with transaction() as connection:
        channel = followed.follow(connection, wanted)
    if channel is None:
        raise TooManyRequests(
            f"{followed.MOST} different searches are followed already. Follow all spots, or come back later.",
            retry_after=600,
        )
    return channel
