"""Table tokens: keys of programs, each of one user."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from spotkeeper.db.connection import Connection

Made = Literal["made", "no such user", "name taken", "too many"]


class Token(NamedTuple):
    """A token as it is shown. `expires` and `last_used` are None for never."""

    id: int
    user_name: str
    name: str
    scopes: list[str]
    created: datetime
    last_used: datetime | None
    expires: datetime | None
    is_over: bool


class Bearer(NamedTuple):
    """Who comes with a token in force; `stale` when `last_used` is more than an hour old."""

    token_id: int
    scopes: frozenset[str]
    stale: bool


def make(
    connection: Connection,
    user_name: str,
    token_hash: bytes,
    name: str,
    scopes: Collection[str],
    *,
    lifetime: timedelta | None,
    most: int,
) -> Made:
    """Add a token, unless the user has `most` already or one of that name; a lifetime of None has no end.

    Whatever was revoked or expired more than 90 days ago is forgotten. Raises psycopg.errors.CheckViolation
    for a name or a scope out of form.
    """
    # The user's row keeps a second token of the same user waiting, so that the count below holds.
    user = connection.execute(
        "SELECT id FROM users WHERE name = %s FOR NO KEY UPDATE", [user_name]
    ).fetchone()
    if user is None:
        return "no such user"
    connection.execute(
        "DELETE FROM tokens WHERE user_id = %s AND least(revoked, expires) < now() - interval '90 days'", user
    )
    others = connection.execute(
        "SELECT name FROM tokens WHERE user_id = %s AND revoked IS NULL", user
    ).fetchall()
    if (name,) in others:
        return "name taken"
    if len(others) >= most:
        return "too many"
    connection.execute(
        "INSERT INTO tokens (user_id, hash, name, scopes, expires) VALUES (%s, %s, %s, %s, now() + %s)",
        [*user, token_hash, name, sorted(scopes), lifetime],
    )
    return "made"


def list_tokens(connection: Connection, user_name: str | None = None) -> list[Token]:
    """Tokens that were not revoked, of one user or of all, by user and name."""
    rows = connection.execute(
        """
        SELECT tokens.id, users.name, tokens.name, scopes, tokens.created, last_used, expires,
               coalesce(expires <= now(), false)
        FROM tokens JOIN users ON users.id = user_id
        WHERE revoked IS NULL AND users.name = coalesce(%s, users.name)
        ORDER BY users.name, tokens.name
        """,
        [user_name],
    )
    return [Token(*row) for row in rows]


def revoke(connection: Connection, user_name: str, name: str | None = None) -> int:
    """End the user's token of that name, or all of them, at once; how many those were."""
    return connection.execute(
        """
        UPDATE tokens SET revoked = now() FROM users
        WHERE users.id = user_id AND users.name = %s AND tokens.name = coalesce(%s, tokens.name)
          AND revoked IS NULL
        """,
        [user_name, name],
    ).rowcount


def find(connection: Connection, token_hash: bytes) -> Bearer | None:
    """The token of that hash, if it is in force."""
    row = connection.execute(
        """
        SELECT id, scopes, coalesce(last_used < now() - interval '1 hour', true) FROM tokens
        WHERE hash = %s AND revoked IS NULL AND (expires IS NULL OR expires > now())
        """,
        [token_hash],
    ).fetchone()
    return Bearer(row[0], frozenset(row[1]), row[2]) if row else None


def used(connection: Connection, token_id: int) -> None:
    """It was used now."""
    connection.execute("UPDATE tokens SET last_used = now() WHERE id = %s", [token_id])
