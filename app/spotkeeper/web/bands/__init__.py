"""The bands over time."""

from flask import Flask, render_template


def add_to(app: Flask) -> None:
    """Add /bands."""
    app.add_url_rule("/bands", "bands", bands_page)


def bands_page() -> str:
    """The page."""
    return render_template("bands.html")
