"""The other forms of one's own call, kept for a while: who looks after oneself does so again and again."""

from typing import cast

from flask import Flask, current_app

from spotkeeper.db import calls
from spotkeeper.web.api.sums_kept import Kept
from spotkeeper.web.database import reading

_SECONDS = 5 * 60


def add_to(app: Flask) -> None:
    """Give the app what it keeps of them."""
    app.extensions["own-calls"] = Kept()


def variants(call: str) -> list[str]:
    """As EA8/DL1ABC and DL1ABC/P, those spotted last first."""
    app = cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]
    kept: Kept = app.extensions["own-calls"]

    def read() -> list[str]:
        with app.app_context(), reading() as connection:
            return calls.variants(connection, call)

    return kept.get(call, _SECONDS, read)
