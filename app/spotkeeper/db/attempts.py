"""Table sign_in_attempts: who tried to sign in, by name and address."""

from datetime import timedelta
from typing import NamedTuple

from spotkeeper.db.connection import Connection


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
    what `add_failure` adds in it is seen by the next count. What was written while the clock was ahead does
    not count.
    """
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('sign-in'), hashtext(%s))", [name])
    *tallies, known = connection.execute(
        """
        WITH failures AS MATERIALIZED (
            SELECT extract(epoch FROM clock_timestamp() - time)::float8 AS age,
                   attempts.name = %(name)s AS of_name,
                   coalesce(address = %(address)s::inet, %(address)s IS NULL) AS from_address
            FROM sign_in_attempts attempts
            WHERE NOT success AND time BETWEEN clock_timestamp() - %(window)s AND clock_timestamp()
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


def add_second_failure(connection: Connection, name: str, address: str | None) -> None:
    """Count an attempt of the second step as failed, after a right password."""
    connection.execute(
        "INSERT INTO sign_in_attempts (name, address, success, second) VALUES (%s, %s, false, true)",
        [name, address],
    )


def count_second_failures(
    connection: Connection, name: str, address: str | None, window: timedelta
) -> tuple[int, int]:
    """Failed second steps of that name: from that address, and from all where it has never signed in.

    To be asked behind `count_failures`, which keeps others of the same name waiting.
    """
    [(here, elsewhere)] = connection.execute(
        """
        SELECT count(*) FILTER (WHERE address IS NOT DISTINCT FROM %(address)s::inet),
               count(*) FILTER (WHERE NOT EXISTS (
                   SELECT FROM sign_in_attempts other
                   WHERE other.success AND other.name = attempts.name AND other.address = attempts.address))
        FROM sign_in_attempts attempts
        WHERE name = %(name)s AND second AND NOT success
            AND time BETWEEN clock_timestamp() - %(window)s AND clock_timestamp()
        """,
        {"name": name, "address": address, "window": window},
    ).fetchall()
    return here, elsewhere


def add_success(connection: Connection, name: str, address: str | None) -> int:
    """Count a success: the pair's failures are forgiven, and what is older than 90 days is forgotten.

    How many were forgiven.
    """
    [(forgiven,)] = connection.execute(
        """
        WITH gone AS (
            DELETE FROM sign_in_attempts
            WHERE name = %(name)s AND address IS NOT DISTINCT FROM %(address)s::inet
               OR time < now() - interval '90 days'
            RETURNING NOT success AND name = %(name)s AND time > now() - interval '90 days' AS counts
        )
        SELECT count(*) FILTER (WHERE counts) FROM gone
        """,
        {"name": name, "address": address},
    ).fetchall()
    connection.execute(
        "INSERT INTO sign_in_attempts (name, address, success) VALUES (%s, %s, true)", [name, address]
    )
    return int(forgiven)
