"""The command `spotkeeper`."""

import logging
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from spotkeeper import owner
from spotkeeper.client.command import spots
from spotkeeper.errors import OperatorError
from spotkeeper.importing.command import import_
from spotkeeper.keeping.command import keep, rollups, storage
from spotkeeper.token_command import token

if TYPE_CHECKING:
    from spotkeeper.db.accounts import UserRole
    from spotkeeper.station import Report

ROLES = ("viewer", "user", "owner")


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command and exit: 0 when it is done, 2 after one sentence on stderr when it could not be."""
    try:
        outcome = spotkeeper.main(arguments, prog_name="spotkeeper", standalone_mode=False)
        sys.exit(outcome)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "spotkeeper"
        click.echo(f"{command}: {error.format_message().rstrip('.')} -- see {command} --help", err=True)
    except (click.ClickException, OperatorError) as error:
        click.echo(f"spotkeeper: {error}", err=True)
    except click.Abort:
        click.echo("spotkeeper: stopped", err=True)
    sys.exit(2)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--settings",
    "path",
    envvar="SPOTKEEPER_SETTINGS",
    default=Path("/etc/spotkeeper/spotkeeper.toml"),
    show_default=True,
    show_envvar=True,
    type=click.Path(path_type=Path),
    help="The settings file.",
)
@click.version_option(package_name="spotkeeper", message="%(prog)s %(version)s")
@click.pass_context
def spotkeeper(context: click.Context, path: Path) -> None:
    """A DX-cluster station on one small host.

    The services run scrape and notify under systemd; the dashboard runs in gunicorn.
    """
    context.obj = path


@spotkeeper.command()
@click.pass_obj
def scrape(path: Path) -> None:
    """Collect spots from the nodes into PostgreSQL, until SIGTERM. SIGHUP has the settings read anew."""
    _log()
    from spotkeeper.scraper.service import run

    run(path)


@spotkeeper.command()
@click.pass_obj
def notify(path: Path) -> None:
    """Tell the open pages of each committed spot, until SIGTERM."""
    _log()
    from spotkeeper import settings
    from spotkeeper.notifier.service import run

    run(settings.load(path))


@spotkeeper.command("serve-node")
@click.pass_obj
def serve_node(path: Path) -> None:
    """Let logging programs connect by telnet as to a DXSpider node, until SIGTERM."""
    _log()
    from spotkeeper import settings
    from spotkeeper.node.service import run

    run(settings.load(path))


@spotkeeper.command()
@click.pass_obj
def settings(path: Path) -> None:
    """Check the settings file and show what is in force, defaults included."""
    import msgspec

    from spotkeeper.settings import load

    click.echo(msgspec.json.format(msgspec.json.encode(load(path), enc_hook=str), indent=2))


@spotkeeper.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def status(path: Path, as_json: bool) -> int:
    """Tell whether the scraper is alive, since when not, why, what to do, and whether anything was lost.

    Exits with 0 when all is well, 1 when there is trouble, 2 when it cannot be told.
    """
    import msgspec

    from spotkeeper.station_text import text

    report = _report(path)
    click.echo(msgspec.json.encode(report, enc_hook=str) if as_json else text(report))
    if report.books is None and report.well:
        return 2
    return 0 if report.well else 1


@spotkeeper.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be applied.")
@click.pass_obj
def migrate(path: Path, dry_run: bool) -> None:
    """Bring the database's schema up to date."""
    from spotkeeper.db import migrate

    with owner.database(path, autocommit=True) as connection:
        if dry_run:
            names = [migration.name for migration in migrate.pending(connection, migrate.read())]
            for name in names:
                click.echo(f"would apply {name}")
        else:
            names = []
            for migration in migrate.migrate(connection, tell=click.echo):
                click.echo(f"applied {migration.name}")
                names.append(migration.name)
    if not names:
        click.echo("the schema is up to date")


@spotkeeper.group()
def user() -> None:
    """People who may sign in to the dashboard."""


def _new_password(command: Callable[..., None]) -> Callable[..., None]:
    """The two ways to give a password besides typing it twice."""
    generate = click.option("--generate", is_flag=True, help="Make a password and print it, this once.")
    stdin = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
    return stdin(generate(command))


@user.command()
@click.argument("name")
@_new_password
@click.option("--role", type=click.Choice(ROLES), default="user", show_default=True)
@click.pass_obj
def add(path: Path, name: str, role: "UserRole", password_stdin: bool, generate: bool) -> None:
    """Let NAME sign in.

    A viewer sees the pages, a user has settings of their own, the owner sees the station's state as well.
    """
    from spotkeeper.db import accounts, audit
    from spotkeeper.passwords import hash_password

    if not accounts.NAME.fullmatch(name):
        raise OperatorError(
            f"{name!r} cannot be a user's name: that is 1 to 32 of a-z, 0-9, '.', '_' and '-',"
            " a letter or digit first"
        )
    with owner.database(path) as connection:
        password = _password(password_stdin, generate)
        if not accounts.create_user(connection, name, hash_password(password), role):
            raise OperatorError(f"there is a user {name} already")
        audit.add(connection, "user added", subject=name, detail=role)
    _tell(f"{name} may sign in as {role}", password if generate else None)


@user.command("password")
@click.argument("name")
@_new_password
@click.pass_obj
def change_password(path: Path, name: str, password_stdin: bool, generate: bool) -> None:
    """Give NAME a new password, sign all their devices out and revoke all their API tokens."""
    from spotkeeper.db import accounts, audit, tokens
    from spotkeeper.passwords import hash_password

    with owner.database(path) as connection:
        password = _password(password_stdin, generate)
        if not accounts.change_password(connection, name, hash_password(password)):
            raise OperatorError(f"there is no user {name}")
        audit.add(connection, "password changed", subject=name)
        if ended := tokens.revoke(connection, name):
            audit.add(connection, "token revoked", subject=name, detail=f"all {ended}")
    _tell(
        f"{name} has a new password: all devices are signed out, all API tokens are revoked",
        password if generate else None,
    )


@user.command()
@click.argument("name")
@click.pass_obj
def remove(path: Path, name: str) -> None:
    """Remove NAME with their settings and sign all their devices out."""
    from spotkeeper.db import accounts, audit, invitations

    with owner.database(path) as connection:
        person = accounts.find_user(connection, name)
        if person is None:
            raise OperatorError(f"there is no user {name}")
        if accounts.remove_user(connection, person.id) == "last owner":
            raise OperatorError(f"{name} is the last owner: add another one first")
        audit.add(connection, "user removed", subject=name, detail=person.role)
        for ended in invitations.revoke_made_by(connection, name):
            audit.add(connection, "invitation revoked", detail=ended.in_words)
    _tell(f"{name} is removed")


@user.command("reset-second-factor")
@click.argument("name")
@click.pass_obj
def reset_second_factor(path: Path, name: str) -> None:
    """Let NAME sign in with the password alone: the app, passkeys and recovery codes are forgotten."""
    from spotkeeper.db import accounts, audit, second_factor

    with owner.database(path) as connection:
        person = accounts.find_user(connection, name)
        if person is None:
            raise OperatorError(f"there is no user {name}")
        if not second_factor.reset(connection, person.id):
            raise OperatorError(f"{name} has no second factor")
        audit.add(connection, "second step reset", subject=name)
    _tell(f"{name} signs in with the password alone")


@user.command()
@click.option("--role", type=click.Choice(ROLES), default="user", show_default=True)
@click.option("--days", type=click.IntRange(1, 30), default=7, show_default=True, help="So long it is good.")
@click.pass_obj
def invite(path: Path, role: "UserRole", days: int) -> None:
    """Print the end of a link with which somebody makes an account, once."""
    from datetime import timedelta

    from spotkeeper import invitations
    from spotkeeper.db import audit
    from spotkeeper.db import invitations as table

    token = invitations.make()
    with owner.database(path) as connection:
        table.make(
            connection,
            invitations.digest(token),
            role,
            name_hint="",
            lifetime=timedelta(days=days),
            made_by=None,
        )
        audit.add(connection, "invitation made", detail=f"{role}, {days} day{'' if days == 1 else 's'}")
    click.echo("put it behind the address of the station, such as https://spots.example.org", err=True)
    click.echo(f"/invitation/{token}")


@user.command("list")
@click.pass_obj
def list_users(path: Path) -> None:
    """Show who may sign in: name, role, since when, and whether there is a second factor."""
    from spotkeeper.db import accounts

    with owner.database(path) as connection:
        for person in accounts.list_people(connection):
            second = "  second factor" if person.second_step else ""
            click.echo(f"{person.name:32}  {person.role:6}  {person.created:%Y-%m-%d}{second}")


def _report(path: Path) -> "Report":
    """What the scraper, the database and systemd say now."""
    from datetime import UTC, datetime

    import psycopg

    from spotkeeper import settings, station, systemd
    from spotkeeper import status as scraper
    from spotkeeper.db import station as table
    from spotkeeper.db.connection import DatabaseUnreachable, connect_once
    from spotkeeper.keeping import storage

    in_force = settings.load(path)
    said, silence, unit, books, stored = None, "", None, None, None
    try:
        said = scraper.ask(in_force.scraper.metrics_port)
    except scraper.NoAnswer as error:
        silence = str(error)
        unit = systemd.unit(station.UNIT)
    try:
        with connect_once(in_force.database.conninfo, "owner") as connection:
            books = table.read(connection)
            stored = storage.read(connection, in_force.keeping, in_force.scraper.spool)
    except (DatabaseUnreachable, psycopg.Error) as error:
        click.echo(f"spotkeeper: {' '.join(str(error).split())}", err=True)
    return station.judge(said, silence, unit, books, stored, datetime.now(UTC))


def _log() -> None:
    """Set up the log of a service."""
    from spotkeeper import systemd

    logging.basicConfig(level=logging.INFO, handlers=[systemd.log_handler()])


def _password(from_stdin: bool, generate: bool) -> str:
    """A new password that is fit to be one."""
    from spotkeeper.passwords import check

    if from_stdin and generate:
        raise click.UsageError("--password-stdin and --generate exclude each other.")
    if generate:
        return secrets.token_urlsafe(15)
    if not from_stdin and not sys.stdin.isatty():
        raise click.UsageError("No terminal to type a password at: give --password-stdin or --generate.")
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    check(password)
    return password


def _tell(what: str, password: str | None = None) -> None:
    """Says what was done on stderr, so that stdout holds a generated password and nothing else."""
    click.echo(what, err=True)
    if password:
        click.echo(password)


# Commands with a module of their own, which load what they need when they run.
spotkeeper.add_command(token)
spotkeeper.add_command(spots)
spotkeeper.add_command(keep)
spotkeeper.add_command(storage)
spotkeeper.add_command(rollups)
spotkeeper.add_command(import_)
