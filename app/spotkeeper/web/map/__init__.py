"""Stations and great-circle paths."""

from flask import Flask

from spotkeeper.web.api.sums_kept import Kept
from spotkeeper.web.database import THREADS
from spotkeeper.web.map import page, paths


def add_to(app: Flask) -> None:
    """Add /map and what its script asks for."""
    paths.add_to(app)
    app.extensions["map"] = Kept(at_once=THREADS)
    app.add_url_rule("/map", "map", page.map_page)
    app.add_url_rule("/map", "map_save", page.save, methods=["POST"])
    app.add_url_rule("/map/paths", "map_paths", paths.of_hour)
    app.add_url_rule("/map/countries", "map_countries", paths.countries)
