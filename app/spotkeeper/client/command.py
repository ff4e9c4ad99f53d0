"""`spotkeeper spots`: the spots of a station, in a terminal or a pipe."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spotkeeper.client.wanted import FILTERS
from spotkeeper.errors import OperatorError
from spotkeeper.tokens import TOKEN

if TYPE_CHECKING:
    from spotkeeper.client.formats import Format
    from spotkeeper.client.server import Spot

FORMATS = ("table", "csv", "json", "adif")
NEWEST = 50
"""So many spots are shown when nothing says how far back to go."""
MOST_BEFORE = 10_000
"""So many at most of those before, when one follows: they wait in memory for the oldest of them."""


def _filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for each in reversed(FILTERS):
        command = click.option(
            f"--{each.name.replace('_', '-')}",
            each.name,
            multiple=each.is_list,
            type=each.kind,
            help=each.help,
        )(command)
    return command


@click.command()
@_filter_options
@click.option("--since", help="From this time on: 15m, 2h or 7d ago, or 2026-11-26T10:00:00Z.")
@click.option("--until", help="Before this time.")
@click.option("--limit", type=click.IntRange(1), help=f"At most so many; {NEWEST} when there is no --since.")
@click.option("--follow", "-f", is_flag=True, help="The oldest first, and then whatever comes, until Ctrl-C.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("--server", envvar="SPOTKEEPER_SERVER", show_envvar=True, help="The station's address.")
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    help="A file with the token, which SPOTKEEPER_TOKEN may hold instead.",
)
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path),
    help="Who signed the station's certificate: its /etc/spotkeeper/tls/authority.crt.",
)
@click.option("--insecure", is_flag=True, help="Take any certificate. Others may then read the token.")
def spots(
    since: str | None,
    until: str | None,
    limit: int | None,
    follow: bool,
    form: str,
    server: str | None,
    token_file: Path | None,
    ca_file: Path | None,
    insecure: bool,
    **given: Any,
) -> None:
    """Show the spots of a station, the newest first.

    A filter that takes several values takes them separated by commas, or is given several times.

    \b
    spotkeeper spots --band 10m --mode FM --since 2h --follow
    spotkeeper spots --dx K1ABC --since 30d --format csv >k1abc.csv
    spotkeeper spots --spotter F5AAA --format json | jq .frequency_khz
    """
    from spotkeeper.client.following import Follower
    from spotkeeper.client.server import Lost, Server

    if not server:
        raise click.UsageError("Which station? Give --server or set SPOTKEEPER_SERVER.")
    if follow and until:
        raise click.UsageError("--follow and --until exclude each other.")
    wanted = _wanted(given)
    station = Server(server, _token(token_file), ca_file=ca_file, insecure=insecure)
    try:
        if follow:
            most = limit or (MOST_BEFORE if since else NEWEST)
            found = Follower(station, wanted, tell=_tell).spots(since, most)
        else:
            query = {
                **wanted,
                **{name: [value] for name, value in (("since", since), ("until", until)) if value},
            }
            found = station.spots(query)
            if limit or not since:
                found = islice(found, limit or NEWEST)
        _write(found, _format(form), at_once=follow)
    except Lost as error:
        raise OperatorError(f"{error} -- see that the address is right and that the station runs") from None
    finally:
        station.close()


def _wanted(given: dict[str, Any]) -> dict[str, list[str]]:
    """The filters that were given, each with its values."""
    wanted = {}
    for each in FILTERS:
        value = given[each.name]
        values = value if each.is_list else [value] if value is not None else []
        parts = [part.strip() for one in values for part in (one.split(",") if each.is_list else [f"{one}"])]
        if parts:
            wanted[each.name] = parts
    return wanted


def _token(file: Path | None) -> str | None:
    """Raises OperatorError when what is given is no token."""
    if file is None:
        text, where = os.environ.get("SPOTKEEPER_TOKEN", "").strip(), "SPOTKEEPER_TOKEN"
        if not text:
            return None
    else:
        where = str(file)
        try:
            text = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            words = error.strerror if isinstance(error, OSError) else "not a text"
            raise OperatorError(f"cannot read the token in {file}: {words}") from None
    if not TOKEN.fullmatch(text):
        raise OperatorError(f"{where} holds no token: that is spk_ and 43 characters")
    return text


def _format(form: str) -> "Format":
    from spotkeeper.client import formats

    if form != "table":
        return {"csv": formats.csv_lines, "json": formats.json_lines, "adif": formats.adif_records}[form]()
    if not sys.stdout.isatty():
        return formats.table(coloured=False, width=None)
    return formats.table(coloured="NO_COLOR" not in os.environ, width=shutil.get_terminal_size().columns)


def _write(spots: Iterator["Spot"], form: "Format", *, at_once: bool) -> None:
    """Write them until there are no more, or nobody reads on; nothing when there is an error instead."""
    header = form.header
    try:
        for spot in spots:
            sys.stdout.write(header + form.spot(spot))
            header = ""
            if at_once:
                sys.stdout.flush()
        sys.stdout.write(header)
        sys.stdout.flush()
    except OSError as error:
        # What Python would still flush at its end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        # `| head` has enough.
        if not isinstance(error, BrokenPipeError):
            raise OperatorError(f"cannot write the spots: {error.strerror}") from None
    except KeyboardInterrupt:
        if not at_once:
            raise


def _tell(what: str) -> None:
    click.echo(f"spotkeeper: {what}", err=True)
