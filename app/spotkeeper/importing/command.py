"""`spotkeeper import`: spots of former times, from where they are kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from spotkeeper.errors import OperatorError

if TYPE_CHECKING:
    from spotkeeper.importing.files import TextFile
    from spotkeeper.importing.items import Reader, Source
    from spotkeeper.importing.run import Importer, Outcome
    from spotkeeper.spots.countries import Countries

NODE = "import"
TABLES = ("raw_spots", "dx_spots", "wwv_announcements", "dashboard_users")
# About 40,000 spots: so many are stored in one transaction, in a fraction of a second.
RBN_PIECE_BYTES = 3_000_000
PIECE_BYTES = 1_000_000

Command = TypeVar("Command", bound=Callable[..., object])


@click.group("import")
def import_() -> None:
    """Spots of former times: from the old system, logs, CSV files, and the days of the RBN.

    What was stored before is not stored again, however often it is imported. An import that was stopped,
    even by kill -9, goes on where it was when it is started again. It may run while the scraper does. Lines
    that cannot be stored are counted by reason, and written to FILE.refused. Exits with 0 when all is stored,
    1 when lines were refused, 2 when it could not be done or was stopped.
    """


def _options(command: Command) -> Command:
    for option in (
        click.option("--again", is_flag=True, help="Read also what was imported before."),
        click.option(
            "--dry-run", is_flag=True, help="Only say what would be stored; all spots count as new."
        ),
        click.option(
            "--node", default=NODE, show_default=True, help="The node that the spots are said to be from."
        ),
    ):
        command = option(command)
    return command


_files = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")


@import_.command()
@_files
@_options
@click.pass_obj
def rbn(path: Path, files: tuple[Path, ...], node: str, dry_run: bool, again: bool) -> int:
    """The Reverse Beacon Network's days, as CSV or as the .zip they come in."""
    from spotkeeper.importing.rbn import RbnReader, minute_of

    with _importer(path, node, dry_run) as (importer, countries):
        readers = [
            (file, RbnReader(file, importer.keys, node, countries, importer.closed))
            for file in _opened(files)
        ]
        return _run(
            importer,
            again,
            ((_lines_of(file, "rbn", RBN_PIECE_BYTES, True, minute_of), reader) for file, reader in readers),
        )


@import_.command("csv")
@_files
@_options
@click.pass_obj
def csv_files(path: Path, files: tuple[Path, ...], node: str, dry_run: bool, again: bool) -> int:
    """CSV files whose first line names the columns as the dashboard's download or an API of it does."""
    from spotkeeper.importing.table import TableReader

    with _importer(path, node, dry_run) as (importer, countries):
        readers = [
            (file, TableReader(file, importer.keys, node, countries, importer.closed))
            for file in _opened(files)
        ]
        return _run(
            importer,
            again,
            ((_lines_of(file, "csv", PIECE_BYTES, True), reader) for file, reader in readers),
        )


@import_.command()
@_files
@click.option(
    "--date",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day, in UTC, of spots that have no time before them.",
)
@_options
@click.pass_obj
def log(
    path: Path, files: tuple[Path, ...], day: datetime | None, node: str, dry_run: bool, again: bool
) -> int:
    """Logs of a node's lines, each behind the time at which it came.

    That is in seconds since 1970 or as 2026-11-26 10:53:00, which is UTC unless a zone is named. Lines of
    sh/dx need none.
    """
    from spotkeeper.importing.log import LogReader

    with _importer(path, node, dry_run) as (importer, countries):
        reader = LogReader(importer.keys, node, countries, importer.closed, day.date() if day else None)
        how = f"log {day:%Y-%m-%d}" if day else "log"
        return _run(
            importer,
            again,
            ((_lines_of(file, how, PIECE_BYTES, False), reader) for file in _opened(files)),
        )


@import_.command("old-database")
@click.argument("conninfo")
@click.option(
    "--only", "tables", type=click.Choice(TABLES), multiple=True, default=TABLES, help="This table."
)
@_options
@click.pass_obj
def old_database(
    path: Path, conninfo: str, tables: tuple[str, ...], node: str, dry_run: bool, again: bool
) -> int:
    """The old system's tables raw_spots, dx_spots, wwv_announcements and dashboard_users.

    CONNINFO names its database: 'host=old.example.org dbname=dxcluster user=reader'. Others may see it: a
    password is better kept in ~/.pgpass or PGPASSWORD. Users keep their passwords.
    """
    from spotkeeper.db import old_database as old
    from spotkeeper.importing.old_tables import OldTable, OldTableReader
    from spotkeeper.importing.users import import_users

    with _importer(path, node, dry_run) as (importer, countries), old.connect(conninfo) as connection:
        found = old.find(connection, tables)
        for table in tables:
            if table not in found:
                click.echo(f"{table}: there is no such table")
        code = _run(
            importer,
            again,
            (
                (
                    OldTable(connection, found, table),
                    OldTableReader(table, found, importer.keys, node, countries, importer.closed),
                )
                for table in found
                if table != "dashboard_users"
            ),
        )
        if "dashboard_users" in found:
            users = import_users(importer.connection, old.users(connection), dry_run)
            click.echo(f"dashboard_users: {users.added:,} added, {users.there:,} were there already")
            for name, reason in users.refused:
                click.echo(f"  refused: {name!r} {reason}")
            code = max(code, 1 if users.refused else 0)
    return code


@contextmanager
def _importer(path: Path, node: str, dry_run: bool) -> Iterator[tuple["Importer", "Countries"]]:
    import psycopg

    from spotkeeper import settings
    from spotkeeper.importing.run import Importer
    from spotkeeper.spots.countries import Countries

    if not settings.NODE_NAME.fullmatch(node):
        raise click.UsageError(
            f"{node!r} is not a node's name: 1 to 32 of a-z, 0-9, '.', '_' and '-', a letter or digit first"
        )
    in_force = settings.load(path)
    country_file = in_force.scraper.country_file
    try:
        countries = Countries(country_file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OperatorError(f"cannot use scraper.country_file: {error}") from None
    try:
        with Importer(in_force.database.conninfo, dry_run) as importer:
            yield importer, countries
    except psycopg.errors.UndefinedTable:
        raise OperatorError("the database lacks tables: run spotkeeper migrate first") from None
    except psycopg.Error as error:
        raise OperatorError(
            f"the database refused: {' '.join(str(error).split())}"
            " -- what is stored remains, run it again to go on"
        ) from error


def _opened(files: tuple[Path, ...]) -> list["TextFile"]:
    from spotkeeper.importing.files import text_files

    return [file for path in files for file in text_files(path)]


def _lines_of(
    file: "TextFile",
    how: str,
    piece_bytes: int,
    has_header: bool,
    alike: Callable[[bytes], bytes] | None = None,
) -> "Source":
    from spotkeeper.importing.files import LinesOf

    return LinesOf(file, how, piece_bytes, has_header=has_header, alike=alike)


def _run(importer: "Importer", again: bool, pairs: Iterator[tuple["Source", "Reader"]]) -> int:
    """Import one after the other, and report each; the exit code."""
    code = 0
    for source, reader in pairs:
        outcome = importer.run(source, reader, source.refused_to, again)
        _report(outcome)
        if outcome.stopped:
            raise click.Abort
        code = max(code, 1 if outcome.refused else 0)
    return code


def _report(outcome: "Outcome") -> None:
    refused = sum(outcome.refused.values())
    parts = [f"{outcome.spots:,} spots stored", f"{outcome.doubled:,} were stored already"]
    if outcome.solar:
        parts.append(f"{outcome.solar:,} bulletins")
    parts.append(f"{refused:,} refused")
    earlier = ""
    if outcome.before == outcome.lines:
        earlier = ", all by an earlier import (--again reads it again)"
    elif outcome.before:
        earlier = f", {outcome.before:,} of them by an earlier import"
    click.echo(f"{outcome.name}: {outcome.lines:,} lines{earlier}: {', '.join(parts)}")
    for reason, number in outcome.refused.most_common():
        click.echo(f"  {number:,} refused: {reason}")
    if refused and outcome.refused_to:
        click.echo(f"  they are in {outcome.refused_to}")
    if outcome.stopped:
        click.echo("  stopped: the same command goes on from here")
