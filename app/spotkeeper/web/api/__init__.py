"""The API, version 1: everything of the dashboard for programs, described by /api/v1/openapi.json."""

from types import ModuleType

from flask import Flask

from spotkeeper.web.api import (
    access,
    old,
    page,
    spots,
    stream,
    sums,
    sums_callsign,
    sums_conditions,
    sums_health,
)
from spotkeeper.web.api.document import Api

# Each has a `blueprint`. Their order is that of the document.
MODULES: tuple[ModuleType, ...] = (spots, stream, sums, sums_conditions, sums_callsign, sums_health, old)


def add_to(app: Flask) -> None:
    """Add every path under /api and the document that describes them."""
    access.add_to(app)
    api = Api(app)
    for module in MODULES:
        api.register_blueprint(module.blueprint)
    page.add_to(app, api)
