"""Tables users, sign_in_sessions and sign_in_attempts."""

import re
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from spotkeeper.db.connection import Connection

UserRole = Literal["viewer", "user", "owner"]

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
"""As the table has it; asked before because PostgreSQL writes the rows it refuses into its log."""


class User(NamedTuple):
    """Somebody who may sign in."""

    id: int
    name: str
    role: UserRole
    created: datetime


def create_user(connection: Connection, name: str, password_hash: str, role: UserRole) -> bool:
    """Add a user; false when the name is taken.

    Raises psycopg.errors.CheckViolation for a name out of form.
    """
    return (
        connection.execute(
            """
            INSERT INTO users (name, password_hash, role) VALUES (%s, %s, %s)
            ON CONFLICT (name) DO NOTHING
            """,
            [name, password_hash, role],
        ).rowcount
        == 1
    )


def change_password(connection: Connection, name: str, password_hash: str) -> bool:
    """Set a new password and sign the user out everywhere; false when there is no such user."""
    changed = connection.execute(
        "UPDATE users SET password_hash = %s WHERE name = %s RETURNING id", [password_hash, name]
    ).fetchone()
    if changed:
        connection.execute("DELETE FROM sign_in_sessions WHERE user_id = %s", changed)
    return changed is not None


def remove_user(connection: Connection, name: str) -> bool:
    """Remove the user with sessions and settings; false when there is no such user."""
    return connection.execute("DELETE FROM users WHERE name = %s", [name]).rowcount == 1


def list_users(connection: Connection) -> list[User]:
    """All users by name."""
    return [
        User(*row) for row in connection.execute("SELECT id, name, role, created FROM users ORDER BY name")
    ]


def find_password_hash(connection: Connection, name: str) -> tuple[int, str] | None:
    """Id and password hash of the user of that name."""
    row = connection.execute("SELECT id, password_hash FROM users WHERE name = %s", [name]).fetchone()
    return (row[0], row[1]) if row else None


def renew_password_hash(connection: Connection, user_id: int, old: str, new: str) -> None:
    """Replace a hash by another of the same password, unless the password changed meanwhile."""
    connection.execute(
        "UPDATE users SET password_hash = %s WHERE id = %s AND password_hash = %s", [new, user_id, old]
    )


def open_session(
    connection: Connection, token_hash: bytes, user_id: int, device: str, lifetime: timedelta
) -> None:
    """Remember a device that signed in, and forget those whose time is over."""
    connection.execute("DELETE FROM sign_in_sessions WHERE expires < now()")
    connection.execute(
        """
        INSERT INTO sign_in_sessions (token_hash, user_id, device, expires)
        VALUES (%s, %s, %s, now() + %s)
        """,
        [token_hash, user_id, device, lifetime],
    )


class Session(NamedTuple):
    """A device that is signed in, with its user; `stale` when it was last seen more than a day ago."""

    user_id: int
    user_name: str
    role: UserRole
    settings: dict[str, object]
    stale: bool


def find_session(connection: Connection, token_hash: bytes) -> Session | None:
    """The live session of that token, with its user's role and settings."""
    row = connection.execute(
        """
        SELECT users.id, users.name, users.role, coalesce(user_settings.values, '{}'),
               last_seen < now() - interval '1 day'
        FROM sign_in_sessions
        JOIN users ON users.id = user_id
        LEFT JOIN user_settings USING (user_id)
        WHERE token_hash = %s AND expires > now()
        """,
        [token_hash],
    ).fetchone()
    return Session(*row) if row else None


def prolong_session(connection: Connection, token_hash: bytes, lifetime: timedelta) -> None:
    """The device was seen now and stays signed in for `lifetime` from now on."""
    connection.execute(
        "UPDATE sign_in_sessions SET last_seen = now(), expires = now() + %s WHERE token_hash = %s",
        [lifetime, token_hash],
    )


def close_session(connection: Connection, token_hash: bytes) -> None:
    """Sign this device out."""
    connection.execute("DELETE FROM sign_in_sessions WHERE token_hash = %s", [token_hash])


def close_other_sessions(connection: Connection, token_hash: bytes) -> int:
    """Sign the user of this device out on all others; how many those were."""
    return connection.execute(
        """
        DELETE FROM sign_in_sessions
        WHERE token_hash <> %(token)s
          AND user_id = (SELECT user_id FROM sign_in_sessions WHERE token_hash = %(token)s)
        """,
        {"token": token_hash},
    ).rowcount


class Tally(NamedTuple):
    """How many sign-ins failed, and how many seconds ago the last one did (0 when none)."""

    number: int
    age: float


class Failures(NamedTuple):
    """Failed sign-ins within a window.

    `known` is whether this address has signed in as this name within 90 days.
    """

    pair: Tally
    name: Tally
    address: Tally
    known: bool


def count_failures(connection: Connection, name: str, address: str | None, window: timedelta) -> Failures:
    """Failed sign-ins of that name from that address, of that name, and from that address.

    Waits for another sign-in of the same name, and keeps the next one waiting until this transaction ends:
    what `add_failure` adds in it is seen by the next count.
    """
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('sign-in'), hashtext(%s))", [name])
    *tallies, known = connection.execute(
        """
        WITH failures AS MATERIALIZED (
            SELECT extract(epoch FROM clock_timestamp() - time)::float8 AS age,
                   attempts.name = %(name)s AS of_name,
                   coalesce(address = %(address)s::inet, %(address)s IS NULL) AS from_address
            FROM sign_in_attempts attempts
            WHERE NOT success AND time > clock_timestamp() - %(window)s
              AND (attempts.name = %(name)s OR address = %(address)s::inet)
        )
        SELECT count(*) FILTER (WHERE of_name AND from_address),
               min(age) FILTER (WHERE of_name AND from_address),
               count(*) FILTER (WHERE of_name), min(age) FILTER (WHERE of_name),
               count(*) FILTER (WHERE from_address), min(age) FILTER (WHERE from_address),
               EXISTS (SELECT FROM sign_in_attempts attempts
                       WHERE success AND attempts.name = %(name)s AND address = %(address)s::inet)
        FROM failures
        """,
        {"name": name, "address": address, "window": window},
    ).fetchall()[0]
    pair, of_name, from_address = (
        Tally(number, age or 0.0) for number, age in zip(tallies[::2], tallies[1::2], strict=True)
    )
    return Failures(pair, of_name, from_address, known)


def add_failure(connection: Connection, name: str, address: str | None) -> None:
    """Count an attempt as failed; `add_success` takes it back."""
    connection.execute(
        "INSERT INTO sign_in_attempts (name, address, success) VALUES (%s, %s, false)", [name, address]
    )


def add_success(connection: Connection, name: str, address: str | None) -> None:
    """Count a success: the pair's failures are forgiven, and what is older than 90 days is forgotten."""
    connection.execute(
        """
        DELETE FROM sign_in_attempts
        WHERE name = %(name)s AND address IS NOT DISTINCT FROM %(address)s::inet
           OR time < now() - interval '90 days'
        """,
        {"name": name, "address": address},
    )
    connection.execute(
        "INSERT INTO sign_in_attempts (name, address, success) VALUES (%s, %s, true)", [name, address]
    )
