"""Tables sign_in_sessions and sign_in_tokens: devices that are signed in, and the tokens in their cookies.

A device gets a new token every day. Until it has surely arrived, the one before stays as good; some minutes
later that one is a copy which somebody else has.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from spotkeeper.db.accounts import UserRole
from spotkeeper.db.connection import Connection

RENEWED_AFTER = timedelta(days=1)
# A browser that is killed may come back with the cookies of half a minute ago.
SURE_AFTER = timedelta(minutes=1)
# Requests under way may still bring the old one, and answers that were held up may put it back.
GRACE = timedelta(minutes=5)
CONFIRMED_FOR = timedelta(hours=1)
SEEN_EVERY = timedelta(minutes=5)
OLD_TOKENS_KEPT = timedelta(days=90)


class Session(NamedTuple):
    """A device that is signed in, with its user.

    `stolen`: the token is of before, and the device surely has a later one. `arrived`: the token is new, and
    the device surely has it. `due`: it is time for a new one. `stale`: `last_seen` is to be written anew.
    `confirmed`: within the last hour somebody showed who they are.
    """

    id: int
    user_id: int
    user_name: str
    role: UserRole
    settings: dict[str, object]
    stolen: bool
    arrived: bool
    due: bool
    stale: bool
    confirmed: bool


class Device(NamedTuple):
    """A device as its user sees it: `device` is the browser's User-Agent, `address` a rough one."""

    id: int
    device: str
    address: str
    created: datetime
    last_seen: datetime


def open_session(
    connection: Connection, token_hash: bytes, user_id: int, device: str, address: str, lifetime: timedelta
) -> None:
    """Remember a device that signed in, and forget those whose time is over."""
    connection.execute("DELETE FROM sign_in_sessions WHERE expires < now()")
    connection.execute(
        """
        WITH session AS (
            INSERT INTO sign_in_sessions (user_id, device, address, confirmed, expires)
            VALUES (%s, %s, %s, now(), now() + %s) RETURNING id
        )
        INSERT INTO sign_in_tokens (hash, session_id, settled) SELECT %s, id, now() FROM session
        """,
        [user_id, device, address, lifetime, token_hash],
    )
    connection.execute("UPDATE users SET last_seen = now() WHERE id = %s", [user_id])


def find(connection: Connection, token_hash: bytes) -> Session | None:
    """The live session of that token, with its user's role and settings."""
    row = connection.execute(
        """
        SELECT session.id, users.id, users.name, users.role, coalesce(user_settings.values, '{}'),
               coalesce(replaced < now() - %(grace)s, false),
               settled IS NULL AND replaced IS NULL AND made < now() - %(sure)s,
               replaced IS NULL AND made < now() - %(renewed)s,
               session.last_seen < now() - %(seen)s,
               confirmed > now() - %(confirmed)s
        FROM sign_in_tokens
        JOIN sign_in_sessions session ON session.id = session_id
        JOIN users ON users.id = session.user_id
        LEFT JOIN user_settings ON user_settings.user_id = users.id
        WHERE hash = %(hash)s AND expires > now()
        """,
        {
            "hash": token_hash,
            "grace": GRACE,
            "sure": SURE_AFTER,
            "renewed": RENEWED_AFTER,
            "seen": SEEN_EVERY,
            "confirmed": CONFIRMED_FOR,
        },
    ).fetchone()
    return Session(*row) if row else None


def settle(connection: Connection, session_id: int, token_hash: bytes) -> None:
    """The device surely has this token: those before it are replaced."""
    connection.execute(
        """
        UPDATE sign_in_tokens
        SET settled = CASE WHEN hash = %(hash)s THEN now() ELSE settled END,
            replaced = CASE WHEN hash = %(hash)s THEN NULL ELSE now() END
        WHERE session_id = %(session)s AND replaced IS NULL
        """,
        {"session": session_id, "hash": token_hash},
    )


def offer(connection: Connection, session_id: int, token_hash: bytes) -> bool:
    """Add a token that the device is told in this answer; false when another answer has just told it one."""
    connection.execute("SELECT FROM sign_in_sessions WHERE id = %s FOR UPDATE", [session_id])
    connection.execute(
        "DELETE FROM sign_in_tokens WHERE session_id = %s AND replaced < now() - %s::interval",
        [session_id, OLD_TOKENS_KEPT],
    )
    return (
        connection.execute(
            """
            INSERT INTO sign_in_tokens (hash, session_id)
            SELECT %(hash)s, id FROM sign_in_sessions
            WHERE id = %(session)s AND NOT EXISTS (
                SELECT FROM sign_in_tokens
                WHERE session_id = %(session)s AND made > clock_timestamp() - %(sure)s
            )
            """,
            {"session": session_id, "hash": token_hash, "sure": SURE_AFTER},
        ).rowcount
        == 1
    )


def replace_tokens(connection: Connection, session_id: int, token_hash: bytes) -> None:
    """Give the device this token; those it had count no more."""
    # An answer that is about to offer one waits, or has done so before.
    connection.execute("SELECT FROM sign_in_sessions WHERE id = %s FOR UPDATE", [session_id])
    connection.execute("DELETE FROM sign_in_tokens WHERE session_id = %s", [session_id])
    connection.execute(
        """
        INSERT INTO sign_in_tokens (hash, session_id, settled)
        SELECT %s, id, now() FROM sign_in_sessions WHERE id = %s
        """,
        [token_hash, session_id],
    )


def seen(connection: Connection, session_id: int, address: str, lifetime: timedelta) -> None:
    """The device was seen now, and stays signed in for `lifetime` from now on."""
    connection.execute(
        """
        WITH session AS (
            UPDATE sign_in_sessions SET last_seen = now(), address = %s, expires = now() + %s WHERE id = %s
            RETURNING user_id
        )
        UPDATE users SET last_seen = now() FROM session WHERE users.id = session.user_id
        """,
        [address, lifetime, session_id],
    )


def confirm(connection: Connection, session_id: int) -> None:
    """Who is at the device has shown who they are."""
    connection.execute("UPDATE sign_in_sessions SET confirmed = now() WHERE id = %s", [session_id])


def list_devices(connection: Connection, user_id: int) -> list[Device]:
    """The user's, the one that was seen last comes first."""
    rows = connection.execute(
        """
        SELECT id, device, address, created, last_seen FROM sign_in_sessions
        WHERE user_id = %s AND expires > now() ORDER BY last_seen DESC, id DESC
        """,
        [user_id],
    )
    return [Device(*row) for row in rows]


def close(connection: Connection, session_id: int, user_id: int) -> str | None:
    """Sign a device of that user out; its User-Agent, or None when there is no such device."""
    row = connection.execute(
        "DELETE FROM sign_in_sessions WHERE id = %s AND user_id = %s RETURNING device", [session_id, user_id]
    ).fetchone()
    return row[0] if row else None


def close_by_token(connection: Connection, token_hash: bytes) -> None:
    """Sign the device out that has or had this token."""
    connection.execute(
        "DELETE FROM sign_in_sessions WHERE id = (SELECT session_id FROM sign_in_tokens WHERE hash = %s)",
        [token_hash],
    )


def close_all(connection: Connection, user_id: int, *, but: int | None = None) -> int:
    """Sign the user out everywhere, but for one session if it is given; how many devices those were."""
    return connection.execute(
        "DELETE FROM sign_in_sessions WHERE user_id = %s AND id IS DISTINCT FROM %s", [user_id, but]
    ).rowcount
