"""What is open now: the first page."""

from flask import Flask, render_template


def add_to(app: Flask) -> None:
    """Add /."""
    app.add_url_rule("/", "now", now_page)


def now_page() -> str:
    """The page."""
    return render_template("now.html")
