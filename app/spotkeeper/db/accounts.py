"""Table users: who may sign in."""

import re
from datetime import datetime
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


Change = Literal["done", "no such user", "last owner"]


class Person(NamedTuple):
    """A user as owners see them; `second_step` tells whether a password alone is not enough."""

    id: int
    name: str
    role: UserRole
    created: datetime
    last_seen: datetime | None
    devices: int
    second_step: bool


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


def change_password(connection: Connection, name: str, password_hash: str, *, but: int | None = None) -> bool:
    """Set a new password and sign the user out everywhere, but for one session if it is given.

    False when there is no such user.
    """
    changed = connection.execute(
        "UPDATE users SET password_hash = %s WHERE name = %s RETURNING id", [password_hash, name]
    ).fetchone()
    if changed:
        connection.execute(
            "DELETE FROM sign_in_sessions WHERE user_id = %s AND id IS DISTINCT FROM %s", [*changed, but]
        )
    return changed is not None


def change_role(connection: Connection, user_id: int, role: UserRole) -> Change:
    """Give the user another role, from the next request on."""
    if _is_last_owner(connection, user_id) and role != "owner":
        return "last owner"
    row = connection.execute("UPDATE users SET role = %s WHERE id = %s", [role, user_id]).rowcount
    return "done" if row else "no such user"


def remove_user(connection: Connection, user_id: int) -> Change:
    """Remove the user with all that is theirs."""
    if _is_last_owner(connection, user_id):
        return "last owner"
    row = connection.execute("DELETE FROM users WHERE id = %s", [user_id]).rowcount
    return "done" if row else "no such user"


def _is_last_owner(connection: Connection, user_id: int) -> bool:
    """Holds until this transaction ends: two owners cannot remove each other at the same time."""
    # One lock for all changes of this kind: locks on rows would miss those that another has just changed.
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('owners'))")
    owners = connection.execute("SELECT id FROM users WHERE role = 'owner'").fetchall()
    return owners == [(user_id,)]


def find_user(connection: Connection, name: str) -> User | None:
    """The user of that name."""
    row = connection.execute("SELECT id, name, role, created FROM users WHERE name = %s", [name]).fetchone()
    return User(*row) if row else None


def list_users(connection: Connection) -> list[User]:
    """All users by name."""
    return [
        User(*row) for row in connection.execute("SELECT id, name, role, created FROM users ORDER BY name")
    ]


def list_people(connection: Connection) -> list[Person]:
    """All users by name, with what they have."""
    rows = connection.execute(
        """
        SELECT id, name, role, created, last_seen,
               (SELECT count(*) FROM sign_in_sessions WHERE user_id = users.id AND expires > now()),
               EXISTS (SELECT FROM totp WHERE user_id = users.id AND confirmed IS NOT NULL)
               OR EXISTS (SELECT FROM passkeys WHERE user_id = users.id)
        FROM users ORDER BY name
        """
    )
    return [Person(*row) for row in rows]


def find_password_hash(connection: Connection, name: str) -> tuple[int, str] | None:
    """Id and password hash of the user of that name."""
    row = connection.execute("SELECT id, password_hash FROM users WHERE name = %s", [name]).fetchone()
    return (row[0], row[1]) if row else None


def renew_password_hash(connection: Connection, user_id: int, old: str, new: str) -> None:
    """Replace a hash by another of the same password, unless the password changed meanwhile."""
    connection.execute(
        "UPDATE users SET password_hash = %s WHERE id = %s AND password_hash = %s", [new, user_id, old]
    )
