"""Table audit_trail: what was done to accounts, by whom, when and from where. Rows are only added."""

from datetime import datetime
from typing import Literal, NamedTuple

from spotkeeper.db.connection import Connection

Event = Literal[
    "signed in",
    "signed out",
    "device signed out",
    "copied token used",
    "copied passkey refused",
    "password changed",
    "second step on",
    "second step off",
    "second step reset",
    "recovery codes made",
    "recovery code used",
    "passkey added",
    "passkey removed",
    "token made",
    "token revoked",
    "invitation made",
    "invitation revoked",
    "invitation used",
    "user added",
    "user removed",
    "role changed",
]

KEPT_DAYS = 400


class Entry(NamedTuple):
    """One thing that was done.

    `actor` is None for a command on the station, which has no `address` either, and for somebody unknown.
    `subject` is the user whom it concerns.
    """

    id: int
    time: datetime
    event: Event
    actor: str | None
    subject: str | None
    address: str | None
    detail: str


class FailedSignIns(NamedTuple):
    """Sign-ins that failed, summed up by name, address, and whether the password was right."""

    name: str
    address: str | None
    second: bool
    number: int
    first: datetime
    last: datetime


def add(
    connection: Connection,
    event: Event,
    *,
    actor: str | None = None,
    subject: str | None = None,
    address: str | None = None,
    detail: str = "",
) -> None:
    """Write down what was done in this transaction."""
    connection.execute(
        "INSERT INTO audit_trail (event, actor, subject, address, detail) VALUES (%s, %s, %s, %s, %s)",
        [event, actor, subject, address, detail],
    )


def newest(connection: Connection, number: int, *, before: int | None = None) -> list[Entry]:
    """The last `number` entries, or the last ones before that entry; the newest comes first."""
    rows = connection.execute(
        """
        SELECT id, time, event, actor, subject, abbrev(address), detail FROM audit_trail
        WHERE %(before)s::bigint IS NULL OR id < %(before)s ORDER BY id DESC LIMIT %(number)s
        """,
        {"before": before, "number": number},
    )
    return [Entry(*row) for row in rows]


def failed_sign_ins(connection: Connection, number: int) -> list[FailedSignIns]:
    """Of the last 30 days those that no sign-in has made good; the `number` latest, the last one first.

    Those with a right password come before all others.
    """
    rows = connection.execute(
        """
        SELECT name, abbrev(address), second, count(*), min(time), max(time) FROM sign_in_attempts
        WHERE NOT success AND time > now() - interval '30 days'
        GROUP BY 1, 2, 3 ORDER BY second DESC, max(time) DESC LIMIT %s
        """,
        [number],
    )
    return [FailedSignIns(*row) for row in rows]


def forget_old(connection: Connection) -> int:
    """Remove what is older than 400 days; how many entries those were. Role owner alone may."""
    return connection.execute(
        "DELETE FROM audit_trail WHERE time < now() - make_interval(days => %s)", [KEPT_DAYS]
    ).rowcount
