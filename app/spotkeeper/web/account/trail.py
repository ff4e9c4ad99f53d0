"""What is written into the audit trail: with who does it, and from where."""

from flask import request
from flask_login import current_user

from spotkeeper.db import audit
from spotkeeper.db.connection import Connection
from spotkeeper.web.account import throttle


def note(connection: Connection, event: audit.Event, *, subject: str | None = None, detail: str = "") -> None:
    """The account of this request did it, to itself unless a `subject` is given."""
    actor = current_user.name
    note_of(connection, event, actor=actor, subject=subject or actor, detail=detail)


def note_of(
    connection: Connection, event: audit.Event, *, actor: str | None, subject: str | None, detail: str = ""
) -> None:
    """Somebody who is not signed in did it, or is about to be."""
    audit.add(
        connection,
        event,
        actor=actor,
        subject=subject,
        address=throttle.network(request.remote_addr),
        detail=detail,
    )
