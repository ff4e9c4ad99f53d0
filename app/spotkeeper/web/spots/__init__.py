"""The latest spots: page and download."""

from flask import Flask

from spotkeeper.web.spots import download, page


def add_to(app: Flask) -> None:
    """Add /spots and /spots.csv."""
    app.add_url_rule("/spots", "spots", page.spots)
    app.add_url_rule("/spots.csv", "spots_csv", download.spots_csv)
