"""GET /health: whether the dashboard lives and can answer, for monitoring and releases."""

import psycopg
from flask import Flask

from spotkeeper.web.access import public
from spotkeeper.web.database import transaction


def add_to(app: Flask) -> None:
    """Answer /health without a sign-in."""
    app.add_url_rule("/health", "health", health)


@public
def health() -> tuple[dict[str, str], int]:
    """200 when the database answers, else 503; an answer at all means that the process lives."""
    try:
        with transaction() as connection:
            connection.execute("SELECT FROM spots LIMIT 1")
    except psycopg.Error:
        return {"dashboard": "up", "database": "away"}, 503
    return {"dashboard": "up", "database": "up"}, 200
