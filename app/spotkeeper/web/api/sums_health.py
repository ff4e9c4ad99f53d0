"""Health of the API, for whatever watches it: liveness and readiness apart."""

import psycopg

from spotkeeper.db import sums
from spotkeeper.web.access import public
from spotkeeper.web.api.blueprint import Blueprint
from spotkeeper.web.api.sums_schemas import HealthSchema
from spotkeeper.web.database import reading

blueprint = Blueprint("health", __name__, "Whether the API can answer; needs no token")


@blueprint.route("/health/live")
@public
@blueprint.doc(security=[])
@blueprint.response(200, HealthSchema)
def live() -> dict[str, str]:
    """Tell whether the process answers, whatever becomes of the database"""
    return {"status": "up"}


@blueprint.route("/health/ready")
@public
@blueprint.doc(security=[])
@blueprint.response(200, HealthSchema)
@blueprint.alt_response(503, schema=HealthSchema, description="The database does not answer")
def ready() -> tuple[dict[str, str], int]:
    """Tell whether requests can be answered now"""
    return ({"status": "up"}, 200) if is_ready() else ({"status": "away"}, 503)


def is_ready() -> bool:
    """Whether the database answers."""
    try:
        with reading() as connection:
            sums.ask(connection)
    except psycopg.Error:
        return False
    return True
