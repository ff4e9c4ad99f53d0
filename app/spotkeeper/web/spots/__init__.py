"""The spots: the page, a page for each, files, and filters that are shared with the map."""

from types import SimpleNamespace

from flask import Flask

from spotkeeper.spots.bands import BANDS
from spotkeeper.spots.countries import CONTINENTS
from spotkeeper.web.spots import download, filters, one, page, saved, tiles


def add_to(app: Flask) -> None:
    """Add /spots and what is below it."""
    page.add_to(app)
    app.add_url_rule("/spots.csv", "spots_csv", download.spots_csv)
    app.add_url_rule("/spots.adi", "spots_adif", download.spots_adif)
    app.add_url_rule("/spots/<spot_id>", "spot", one.spot)
    app.add_url_rule("/spots/saved", "save_filters", saved.save_filters, methods=["POST"])
    app.add_url_rule("/spots/saved/delete", "delete_filters", saved.delete_filters, methods=["POST"])
    app.add_url_rule("/spots/columns", "choose_columns", saved.choose_columns, methods=["POST"])
    app.jinja_env.globals["filter_choices"] = SimpleNamespace(
        bands=BANDS,
        usual_bands=filters.USUAL_BANDS,
        usual_modes=filters.USUAL_MODES,
        sources=filters.SOURCES,
        windows=filters.WINDOWS,
        continents=[(name, name) for name in CONTINENTS],
        countries=filters.countries,
        written=filters.written,
        tiles=tiles.tiles,
    )
