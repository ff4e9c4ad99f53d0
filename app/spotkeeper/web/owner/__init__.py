"""Pages of the owners: who may sign in, who is invited, and what was done."""

from flask import Flask

from spotkeeper.web.owner import audit_page, devices, invitations, users


def add_to(app: Flask) -> None:
    """Add /users with its devices and invitations, and /audit."""
    for page in (users, devices, invitations, audit_page):
        page.add_to(app)
