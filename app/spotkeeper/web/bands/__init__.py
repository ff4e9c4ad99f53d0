"""The bands over time."""

from flask import Flask

from spotkeeper.web.bands import page, sums


def add_to(app: Flask) -> None:
    """Add /bands, and what its canvas shows."""
    sums.add_to(app)
    app.add_url_rule("/bands", "bands", page.bands_page)
    app.add_url_rule("/bands/waterfall.json", "bands_waterfall", page.waterfall_data)
