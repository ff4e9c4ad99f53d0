"""What is known of a call."""

from flask import Flask, render_template


def add_to(app: Flask) -> None:
    """Add /call."""
    app.add_url_rule("/call", "callsign", callsign_page)
    app.add_url_rule("/call/<path:call>", "callsign", callsign_page)


def callsign_page(call: str = "") -> str:
    """The page."""
    return render_template("callsign.html")
