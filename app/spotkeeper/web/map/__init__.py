"""Stations and great-circle paths."""

from flask import Flask, render_template


def add_to(app: Flask) -> None:
    """Add /map."""
    app.add_url_rule("/map", "map", map_page)


def map_page() -> str:
    """The page."""
    return render_template("map.html")
