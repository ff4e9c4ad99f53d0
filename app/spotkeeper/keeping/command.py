"""The commands `spotkeeper keep`, `spotkeeper storage` and `spotkeeper rollups`."""

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from spotkeeper.db.connection import Connection
    from spotkeeper.settings import Keeping


log = logging.getLogger(__name__)

# The exit code of sysexits.h for what will do another time.
LEFT_FOR_LATER = 75


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option(
    "--metrics", type=click.Path(path_type=Path), help="Write figures for the node exporter into this file."
)
@click.pass_obj
def keep(path: Path, dry_run: bool, metrics: Path | None) -> int:
    """Drop months of spots by the policy, pack those that are over, make partitions ahead.

    A timer runs this every hour. A month goes as a whole when its last day is older than the policy's days
    for its source; its sums stay. When the database's disk is short of the headroom, the oldest machine
    month goes before its time, then the next. It can be stopped at any point and run again. Exits with 0
    when all is done, 75 when something is left for the next run because somebody was reading for long.
    """
    from spotkeeper import owner, settings, systemd
    from spotkeeper.keeping import job

    keeping = settings.load(path).keeping
    with owner.database(path, autocommit=True) as connection:
        if dry_run:
            for line in job.would_do(connection, keeping):
                click.echo(line)
            return 0
        logging.basicConfig(level=logging.INFO, handlers=[systemd.log_handler()])
        done = job.keep(connection, keeping)
        if metrics:
            _write_metrics(connection, keeping, metrics)
    return 0 if done else LEFT_FOR_LATER


def _write_metrics(connection: "Connection", keeping: "Keeping", file: Path) -> None:
    from spotkeeper.db import partitions
    from spotkeeper.keeping import metrics, storage

    try:
        metrics.write(file, storage.read(connection, keeping), partitions.ahead(connection))
    except OSError as error:
        # A host may have no node exporter; where it has one, an alert tells that the figures are old.
        log.warning("the figures are not written: %s: %s", file, error.strerror)


@click.command()
@click.option(
    "--policy",
    multiple=True,
    metavar="NAME=VALUE",
    help="Judge by another policy, such as machine_days=14: what would it free? Nothing is dropped.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def storage(path: Path, policy: tuple[str, ...], as_json: bool) -> None:
    """Show what is used of the disk, by month and source, and what the policy frees next."""
    import msgspec

    from spotkeeper import owner, settings
    from spotkeeper.keeping.storage import read
    from spotkeeper.keeping.text import text

    in_force = settings.load(path)
    keeping = settings.changed(in_force.keeping, policy)
    with owner.database(path, autocommit=True) as connection:
        found = read(connection, keeping, in_force.scraper.spool, exact=True)
    click.echo(msgspec.json.encode(found, enc_hook=str) if as_json else text(found))


@click.group()
def rollups() -> None:
    """The sums that are kept with the spots: by hour, by DXCC entity, by call."""


@rollups.command()
@click.option("--check", is_flag=True, help="Only compare, and say what differs; nobody waits meanwhile.")
@click.pass_obj
def rebuild(path: Path, check: bool) -> int:
    """Sum up the spots anew, and put right what the kept sums have otherwise.

    Sums of months that were dropped stay as they are. While the current month is summed up, new spots wait
    in the scraper's spool and follow afterwards: nothing is lost. That takes a minute or two for ten million
    spots. Stopped midway it has changed nothing. Exits with 1 when --check finds a difference.
    """
    from spotkeeper import owner
    from spotkeeper.db import keeping
    from spotkeeper.db import rollups as table

    def tell(sentence: str) -> None:
        click.echo(sentence, err=True)

    with owner.database(path, autocommit=True) as connection:
        if not keeping.claim(connection, wait=False):
            tell("spotkeeper keep or another rebuild is at work: waiting for it")
            keeping.claim(connection, wait=True)
        if check:
            found = table.check(connection, tell)
        else:
            found = table.rebuild(connection, datetime.now(UTC).date().replace(day=1), tell)
    for difference in found:
        click.echo(f"{difference.table}: {difference.rows:,} {'differ' if check else 'put right'}")
        for example in difference.examples:
            click.echo(f"  {example}")
    if not found:
        click.echo("the sums are what the spots say")
    return 1 if check and found else 0
