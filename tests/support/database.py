"""Roles and databases in a throw-away PostgreSQL, for the tests and for `make dev`.

The libpq variables (PGHOST, PGPORT, PGUSER, PGPASSWORD) name a superuser, as Debian's pg_virtualenv sets
them. Every role gets PGPASSWORD too, so that with the same variables `user=scraper` is all it takes.

Run as a program it makes the database given as its argument, ready for `spotkeeper migrate`.
"""

import os
import sys

import psycopg
from psycopg import sql

ROLES = ("owner", "scraper", "dashboard", "notifier", "grafana", "exporter")


class NoServer(Exception):
    """The libpq variables name no server."""


def superuser(database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
    """An autocommit connection as the superuser. Raises NoServer when the variables are not set."""
    missing = [name for name in ("PGHOST", "PGUSER", "PGPASSWORD") if name not in os.environ]
    if missing:
        raise NoServer(
            f"{', '.join(missing)} not set: run this under Debian's pg_virtualenv (postgresql-common)"
        )
    return psycopg.connect(dbname=database, autocommit=True)


def create_roles() -> None:
    """Make the roles of the station that are not there yet; safe to run at the same time."""
    with superuser() as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('roles'))")
        there = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
        for role in ROLES:
            if role not in there:
                create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                    sql.Identifier(role), os.environ["PGPASSWORD"]
                )
                connection.execute(create)
        connection.execute("GRANT pg_monitor TO exporter")


def create_database(name: str, template: str | None = None) -> None:
    """Make the database, owned by `owner`: empty, or a copy of `template` with its rights."""
    with superuser() as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER owner TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template or "template0")
            )
        )
        # CREATE DATABASE copies everything but who may connect.
        connection.execute(
            "UPDATE pg_database SET datacl = original.datacl FROM pg_database original"
            " WHERE pg_database.datname = %s AND original.datname = %s",
            [name, template or name],
        )


def drop_database(name: str) -> None:
    """End the sessions with the database and remove it."""
    with superuser() as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


if __name__ == "__main__":
    try:
        create_roles()
        create_database(sys.argv[1])
    except NoServer as error:
        sys.exit(f"{error}")
