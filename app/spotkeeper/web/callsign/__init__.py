"""What is known of a call, and who hears one's own."""

from flask import Flask

from spotkeeper.web.callsign import own, page


def add_to(app: Flask) -> None:
    """Add /call, a page for each call, and what is suggested while somebody types one."""
    own.add_to(app)
    app.add_url_rule("/call", "callsign", page.callsign_page)
    app.add_url_rule("/call/<path:call>", "callsign", page.callsign_page)
    app.add_url_rule("/calls", "calls_suggested", page.suggestions)
