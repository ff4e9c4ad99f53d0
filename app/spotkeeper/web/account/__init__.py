"""Signing in and out, and what each account chose."""

from flask import Flask

from spotkeeper.web.account import session, settings_page, sign_in, tokens_page


def add_to(app: Flask) -> None:
    """Add the pages, and ask for a sign-in wherever a view is not public."""
    session.add_to(app)
    sign_in.add_to(app)
    settings_page.add_to(app)
    tokens_page.add_to(app)
