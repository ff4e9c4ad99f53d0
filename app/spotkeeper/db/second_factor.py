"""Tables totp, recovery_codes, passkeys and used_challenges: what an account asks for beside the password."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from psycopg.errors import UniqueViolation

from spotkeeper.db.connection import Connection

PROPOSED_FOR = timedelta(hours=1)
CHALLENGES_KEPT = timedelta(hours=2)
MOST_PASSKEYS = 20

Added = Literal["added", "known already", "too many"]


class SecondFactor(NamedTuple):
    """What a user has. `codes` are the recovery codes left."""

    totp_since: datetime | None
    passkeys: int
    codes: int

    @property
    def is_on(self) -> bool:
        """Whether a password alone is not enough."""
        return self.totp_since is not None or self.passkeys > 0


class Passkey(NamedTuple):
    """A passkey as its user sees it."""

    id: bytes
    name: str
    created: datetime
    last_used: datetime | None
    transports: list[str]


class PasskeyInUse(NamedTuple):
    """What is needed to check an answer that was signed with it."""

    user_id: int
    user_name: str
    name: str
    public_key: bytes
    sign_count: int


def read(connection: Connection, user_id: int) -> SecondFactor:
    """Of that user."""
    [row] = connection.execute(
        """
        SELECT (SELECT confirmed FROM totp WHERE user_id = %(user)s),
               (SELECT count(*) FROM passkeys WHERE user_id = %(user)s),
               (SELECT count(*) FROM recovery_codes WHERE user_id = %(user)s AND used IS NULL)
        """,
        {"user": user_id},
    ).fetchall()
    return SecondFactor(*row)


def propose_totp(connection: Connection, user_id: int, secret: bytes) -> None:
    """Keep the encrypted secret until it is confirmed, instead of one that never was."""
    connection.execute(
        """
        INSERT INTO totp (user_id, secret) VALUES (%s, %s)
        ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, made = now()
        WHERE totp.confirmed IS NULL
        """,
        [user_id, secret],
    )


def totp_secret(connection: Connection, user_id: int, *, confirmed: bool) -> tuple[bytes, int] | None:
    """The encrypted secret, and the half minute of the last code taken.

    It is the one that is in force, or the one that was proposed within the last hour.
    """
    row = connection.execute(
        """
        SELECT secret, last_step FROM totp
        WHERE user_id = %s AND (confirmed IS NOT NULL) = %s
          AND (confirmed IS NOT NULL OR made > now() - %s::interval)
        """,
        [user_id, confirmed, PROPOSED_FOR],
    ).fetchone()
    return (row[0], row[1]) if row else None


def take_step(connection: Connection, user_id: int, step: int) -> bool:
    """Take the code of that half minute, once; it also puts a proposed secret in force."""
    return (
        connection.execute(
            """
            UPDATE totp SET last_step = %(step)s, confirmed = coalesce(confirmed, now())
            WHERE user_id = %(user)s AND last_step < %(step)s
            """,
            {"user": user_id, "step": step},
        ).rowcount
        == 1
    )


def remove_totp(connection: Connection, user_id: int) -> bool:
    """No code is asked for any more; whether one was."""
    removed = connection.execute(
        "DELETE FROM totp WHERE user_id = %s RETURNING confirmed", [user_id]
    ).fetchone()
    _forget_codes_for_nothing(connection, user_id)
    return removed is not None and removed[0] is not None


def replace_recovery_codes(connection: Connection, user_id: int, hashes: Sequence[bytes]) -> None:
    """Those of before are good no more."""
    connection.execute("DELETE FROM recovery_codes WHERE user_id = %s", [user_id])
    connection.execute(
        "INSERT INTO recovery_codes (user_id, hash) SELECT %s, unnest(%s::bytea[])", [user_id, list(hashes)]
    )


def use_recovery_code(connection: Connection, user_id: int, code_hash: bytes) -> bool:
    """Take the code, once."""
    return (
        connection.execute(
            "UPDATE recovery_codes SET used = now() WHERE user_id = %s AND hash = %s AND used IS NULL",
            [user_id, code_hash],
        ).rowcount
        == 1
    )


def add_passkey(
    connection: Connection,
    user_id: int,
    passkey_id: bytes,
    *,
    name: str,
    public_key: bytes,
    sign_count: int,
    transports: Sequence[str],
) -> Added:
    """Let the user sign in with it."""
    connection.execute("SELECT FROM users WHERE id = %s FOR NO KEY UPDATE", [user_id])
    [(number,)] = connection.execute("SELECT count(*) FROM passkeys WHERE user_id = %s", [user_id]).fetchall()
    if number >= MOST_PASSKEYS:
        return "too many"
    try:
        with connection.transaction():
            connection.execute(
                """
                INSERT INTO passkeys (id, user_id, name, public_key, sign_count, transports)
                VALUES (%s, %s, %s, %s, %s, %s)
                """,
                [passkey_id, user_id, name, public_key, sign_count, list(transports)],
            )
    except UniqueViolation:
        return "known already"
    return "added"


def list_passkeys(connection: Connection, user_id: int) -> list[Passkey]:
    """The user's, the oldest first."""
    rows = connection.execute(
        """
        SELECT id, name, created, last_used, transports FROM passkeys
        WHERE user_id = %s ORDER BY created, id
        """,
        [user_id],
    )
    return [Passkey(*row) for row in rows]


def find_passkey(connection: Connection, passkey_id: bytes) -> PasskeyInUse | None:
    """Of any user; nobody else uses it until this transaction ends."""
    row = connection.execute(
        """
        SELECT users.id, users.name, passkeys.name, public_key, sign_count
        FROM passkeys JOIN users ON users.id = user_id WHERE passkeys.id = %s FOR UPDATE OF passkeys
        """,
        [passkey_id],
    ).fetchone()
    return PasskeyInUse(*row) if row else None


def used_passkey(connection: Connection, passkey_id: bytes, sign_count: int) -> None:
    """Somebody signed in with it; `sign_count` is how often it was used, as it says itself."""
    connection.execute(
        "UPDATE passkeys SET last_used = now(), sign_count = %s WHERE id = %s", [sign_count, passkey_id]
    )


def rename_passkey(connection: Connection, user_id: int, passkey_id: bytes, name: str) -> bool:
    """False when the user has no such passkey."""
    return (
        connection.execute(
            "UPDATE passkeys SET name = %s WHERE user_id = %s AND id = %s", [name, user_id, passkey_id]
        ).rowcount
        == 1
    )


def remove_passkey(connection: Connection, user_id: int, passkey_id: bytes) -> str | None:
    """Its name; None when the user has no such passkey."""
    row = connection.execute(
        "DELETE FROM passkeys WHERE user_id = %s AND id = %s RETURNING name", [user_id, passkey_id]
    ).fetchone()
    _forget_codes_for_nothing(connection, user_id)
    return row[0] if row else None


def use_challenge(connection: Connection, challenge: bytes) -> bool:
    """False when it has been answered before."""
    connection.execute("DELETE FROM used_challenges WHERE used < now() - %s::interval", [CHALLENGES_KEPT])
    return (
        connection.execute(
            "INSERT INTO used_challenges (challenge) VALUES (%s) ON CONFLICT DO NOTHING", [challenge]
        ).rowcount
        == 1
    )


def reset(connection: Connection, user_id: int) -> bool:
    """The password alone is enough again; whether it was not."""
    was_on = read(connection, user_id).is_on
    for table in ("totp", "passkeys", "recovery_codes"):
        connection.execute(f"DELETE FROM {table} WHERE user_id = %s", [user_id])  # noqa: S608
    return was_on


def _forget_codes_for_nothing(connection: Connection, user_id: int) -> None:
    if not read(connection, user_id).is_on:
        connection.execute("DELETE FROM recovery_codes WHERE user_id = %s", [user_id])
