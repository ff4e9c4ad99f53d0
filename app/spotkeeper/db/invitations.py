"""Table invitations: links with which somebody makes an account, once."""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import psycopg

from spotkeeper.db import accounts
from spotkeeper.db.accounts import UserRole
from spotkeeper.db.connection import Connection

KEPT_DAYS = 90

_OPEN = "used IS NULL AND revoked IS NULL AND expires > now()"
_SHOWN = "id, role, name_hint, made_by, created, expires"

Accepted = Literal["name taken", "over"]


class Invitation(NamedTuple):
    """An invitation as owners see it. `made_by` is None for a command on the station."""

    id: int
    role: UserRole
    name_hint: str
    made_by: str | None
    created: datetime
    expires: datetime

    @property
    def in_words(self) -> str:
        """For the trail, by what owners see of it."""
        maker = f"by {self.made_by}" if self.made_by else "on the station"
        whom = self.name_hint or "anybody with the link"
        return f"{whom} as {self.role}, made {maker} {self.created:%Y-%m-%d %H:%M}"


class Offer(NamedTuple):
    """What somebody with the link is offered."""

    role: UserRole
    name_hint: str


def make(
    connection: Connection,
    token_hash: bytes,
    role: UserRole,
    *,
    name_hint: str,
    lifetime: timedelta,
    made_by: str | None,
) -> None:
    """Add an invitation."""
    connection.execute(
        """
        INSERT INTO invitations (hash, role, name_hint, expires, made_by)
        VALUES (%s, %s, %s, now() + %s, %s)
        """,
        [token_hash, role, name_hint, lifetime, made_by],
    )


def list_open(connection: Connection) -> list[Invitation]:
    """Those that are still good, the newest first."""
    rows = connection.execute(
        f"SELECT {_SHOWN} FROM invitations WHERE {_OPEN} ORDER BY id DESC"  # noqa: S608
    )
    return [Invitation(*row) for row in rows]


def find(connection: Connection, token_hash: bytes) -> Offer | None:
    """What the link offers, while it is good."""
    row = connection.execute(
        """
        SELECT role, name_hint FROM invitations
        WHERE hash = %s AND used IS NULL AND revoked IS NULL AND expires > now()
        """,
        [token_hash],
    ).fetchone()
    return Offer(*row) if row else None


def accept(connection: Connection, token_hash: bytes, name: str, password_hash: str) -> UserRole | Accepted:
    """Make the account and use the invitation up, both or neither: the role it gives, or why there is none.

    Of two who use it at the same time, one has it.
    """
    with connection.transaction() as both:
        row = connection.execute(
            """
            UPDATE invitations SET used = now(), used_by = %s
            WHERE hash = %s AND used IS NULL AND revoked IS NULL AND expires > now() RETURNING role
            """,
            [name, token_hash],
        ).fetchone()
        if row is None:
            return "over"
        role: UserRole = row[0]
        if accounts.create_user(connection, name, password_hash, role):
            return role
        # The invitation is good for another name.
        raise psycopg.Rollback(both)
    return "name taken"


def revoke(connection: Connection, invitation_id: int) -> Invitation | None:
    """End it; None when it was over already."""
    row = connection.execute(
        f"UPDATE invitations SET revoked = now() WHERE id = %s AND {_OPEN} RETURNING {_SHOWN}",  # noqa: S608
        [invitation_id],
    ).fetchone()
    return Invitation(*row) if row else None


def revoke_made_by(connection: Connection, name: str) -> list[Invitation]:
    """End those of somebody who is no owner any more."""
    rows = connection.execute(
        f"UPDATE invitations SET revoked = now() WHERE made_by = %s AND {_OPEN} RETURNING {_SHOWN}",  # noqa: S608
        [name],
    )
    return [Invitation(*row) for row in rows]


def forget_old(connection: Connection) -> int:
    """Remove what was over 90 days ago. Role owner alone may."""
    return connection.execute(
        "DELETE FROM invitations WHERE least(used, revoked, expires) < now() - make_interval(days => %s)",
        [KEPT_DAYS],
    ).rowcount
