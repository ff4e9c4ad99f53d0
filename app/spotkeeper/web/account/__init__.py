"""Signing in and out, and what each account chose."""

from flask import Flask

from spotkeeper.web.account import (
    confirm,
    devices_page,
    invitation_page,
    security_page,
    session,
    settings_page,
    sign_in,
    tokens_page,
)


def add_to(app: Flask) -> None:
    """Add the pages, and ask for a sign-in wherever a view is not public."""
    session.add_to(app)
    for page in (sign_in, confirm, invitation_page, settings_page, devices_page, security_page, tokens_page):
        page.add_to(app)
