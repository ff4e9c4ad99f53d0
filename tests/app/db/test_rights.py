"""Exactly what each role may do: all that is not listed here is refused."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.app.conftest import Server

SPOTS = ("spots", "spot_rows", "bands", "modes", "nodes", "places")
SUMS = ("hours", "dxcc_hours", "calls")
KEPT = ("months", "last_keep")
RIGHTS = {
    "scraper": {
        "spot_rows": {"SELECT", "INSERT"},
        **{table: {"SELECT", "INSERT"} for table in ("bands", "modes", "nodes", "places")},
        **{table: {"SELECT", "INSERT", "UPDATE"} for table in SUMS},
        "solar": {"SELECT", "INSERT"},
        "unparsed_lines": {"SELECT", "INSERT", "DELETE"},
        "gaps": {"SELECT", "INSERT"},
        "refused_rows": {"SELECT", "INSERT"},
        "tallies": {"SELECT", "INSERT", "UPDATE"},
        "drained": {"SELECT", "INSERT", "UPDATE"},
        "months": {"SELECT"},
        "database": {"TEMPORARY TABLE", "ensure_spots_partition"},
    },
    "notifier": {table: {"SELECT"} for table in (*SPOTS, *SUMS, "solar", "followed")},
    "dashboard": {
        **{table: {"SELECT"} for table in (*SPOTS, *SUMS, *KEPT)},
        "solar": {"SELECT"},
        "gaps": {"SELECT"},
        "refused_rows": {"SELECT"},
        "tallies": {"SELECT"},
        "users": {"SELECT", "INSERT", "DELETE", "UPDATE password_hash", "UPDATE role", "UPDATE last_seen"},
        **{
            table: {"SELECT", "INSERT", "UPDATE", "DELETE"}
            for table in ("sign_in_sessions", "sign_in_tokens", "totp", "recovery_codes", "passkeys")
        },
        "used_challenges": {"SELECT", "INSERT", "DELETE"},
        "invitations": {"SELECT", "INSERT", "UPDATE revoked", "UPDATE used", "UPDATE used_by"},
        "audit_trail": {"SELECT", "INSERT"},
        "sign_in_attempts": {"SELECT", "INSERT", "DELETE"},
        "user_settings": {"SELECT", "INSERT", "UPDATE"},
        "followed": {"SELECT", "INSERT", "UPDATE", "DELETE"},
        "tokens": {"SELECT", "INSERT", "DELETE", "UPDATE last_used", "UPDATE revoked"},
    },
    "grafana": {
        **{table: {"SELECT"} for table in (*SPOTS, *SUMS, *KEPT)},
        "solar": {"SELECT"},
        "unparsed_lines": {"SELECT"},
        "gaps": {"SELECT"},
        "refused_rows": {"SELECT"},
        "tallies": {"SELECT"},
    },
    "exporter": {},
}

# What is asked of the view that only a table can do.
OF_NO_TABLE = psycopg.errors.WrongObjectType, psycopg.errors.ObjectNotInPrerequisiteState
ON_A_TABLE = {
    "SELECT": "SELECT * FROM public.{table} WHERE false",
    "INSERT": "INSERT INTO public.{table} DEFAULT VALUES",
    "UPDATE": "UPDATE public.{table} SET {column} = {column} WHERE false",
    "DELETE": "DELETE FROM public.{table} WHERE false",
    "TRUNCATE": "TRUNCATE public.{table} CASCADE",
    "DROP": "DROP TABLE public.{table} CASCADE",
    "ALTER": "ALTER TABLE public.{table} ADD extra text",
}
ON_THE_DATABASE = {
    "TEMPORARY TABLE": "CREATE TEMPORARY TABLE staging ()",
    "TABLE": "CREATE TABLE public.another ()",
    "SCHEMA": "CREATE SCHEMA another",
    "PARTITION": "CREATE TABLE public.spots_human_2001_01 PARTITION OF spots_human"
    " FOR VALUES FROM ('2001-01-01+00') TO ('2001-02-01+00')",
    "FUNCTION": "CREATE FUNCTION public.nothing() RETURNS int LANGUAGE sql RETURN 1",
    "ROLE": "CREATE ROLE another",
    "ensure_spots_partition": "SELECT public.ensure_spots_partition(now() + interval '2 months')",
    "a file of the server": "SELECT pg_read_file('/etc/passwd')",
    "a program of the server": "COPY (SELECT 1) TO PROGRAM 'true'",
}


@pytest.fixture(scope="module")
def shared_database(server: Server) -> str:
    return server.migrated()


@pytest.fixture(params=RIGHTS)
def connection(
    request: pytest.FixtureRequest, shared_database: str
) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(shared_database, user=request.param, autocommit=True) as connection:
        yield connection


def may(connection: psycopg.Connection[tuple[object, ...]], statement: str) -> bool:
    """Whether the role may do it; that the rows are wrong is another matter."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement)
    except (psycopg.errors.InsufficientPrivilege, *OF_NO_TABLE):
        return False
    except psycopg.errors.IntegrityError:
        return True
    return True


def test_each_role_may_do_this_and_nothing_else(
    connection: psycopg.Connection[tuple[object, ...]], shared_database: str
) -> None:
    with psycopg.connect(shared_database, user="owner") as owner:
        columns = owner.execute(
            """
            SELECT relname, attname FROM pg_class
            JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0
                AND attidentity = '' AND attgenerated = '' AND NOT attisdropped
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
            """
        ).fetchall()
    may_do: dict[str, set[str]] = {}
    for table in sorted({table for table, _ in columns}):
        of_table = [column for name, column in columns if name == table]
        for operation, statement in ON_A_TABLE.items():
            if operation == "UPDATE":
                updatable = {c for c in of_table if may(connection, statement.format(table=table, column=c))}
                if updatable == set(of_table):
                    may_do.setdefault(table, set()).add("UPDATE")
                else:
                    may_do.setdefault(table, set()).update(f"UPDATE {column}" for column in updatable)
            elif may(connection, statement.format(table=table)):
                may_do.setdefault(table, set()).add(operation)
    may_do["database"] = {name for name, statement in ON_THE_DATABASE.items() if may(connection, statement)}
    assert {place: rights for place, rights in may_do.items() if rights} == RIGHTS[connection.info.user]


def test_a_stranger_cannot_even_connect(shared_database: str) -> None:
    with psycopg.connect(dbname="postgres", autocommit=True) as superuser:
        superuser.execute("DROP ROLE IF EXISTS stranger")
        superuser.execute(f"CREATE ROLE stranger LOGIN PASSWORD '{superuser.info.password}'")
        with pytest.raises(psycopg.OperationalError, match="does not have CONNECT privilege"):
            psycopg.connect(shared_database, user="stranger")
        superuser.execute("DROP ROLE stranger")
