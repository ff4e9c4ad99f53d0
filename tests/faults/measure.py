"""What became of the spots."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from tests.faults import logs
from tests.faults.logs import Key, Line
from tests.faults.station import Station

STORED = """
SELECT extract(epoch FROM time)::bigint, dx, spotter, (spot_hz(hundred_hz, rest_hz) + 500) / 1000,
    nodes.name, recovered IS TRUE, spot_comment(comment, source, modes.name, snr_db, wpm),
    extract(epoch FROM pg_xact_commit_timestamp(spot_rows.xmin))::float8
FROM spot_rows
JOIN nodes ON nodes.id = node
LEFT JOIN modes ON modes.id = mode
"""


class Row(NamedTuple):
    """A stored spot, `committed` in Unix seconds by the machine's clock."""

    key: Key
    node: str
    recovered: bool
    comment: str
    committed: float


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured of one fault.

    `made` counts spots the nodes had on the air, `sent` those that a socket has taken from them, `lost`
    those that were sent and neither stored nor kept as refused, `recovered` those that were sent and came
    by sh/dx, `missed` those that were made and neither sent nor stored. `again` is in seconds from the end
    of the fault to the commit of the first live spot sent after it, at the slowest of the nodes concerned.
    """

    made: int
    sent: int
    stored: int
    lost: int
    doubled: int
    recovered: int
    missed: int
    refused: int
    again: float | None


def rows(station: Station) -> list[Row]:
    return [Row(Key(*row[:4]), *row[4:]) for row in station.cluster.ask(STORED)]


def figures(station: Station, since: float, nodes: Sequence[str]) -> Figures:
    """After a fault that concerned these nodes and was over at `since`."""
    sent = {name: node.sent() for name, node in station.nodes.items()}
    sent_keys = {line.key for lines in sent.values() for line in lines}
    made_keys = {line.key for node in station.nodes.values() for line in node.made()}
    stored = rows(station)
    stored_keys = {row.key for row in stored}
    refused = _refused(station)
    return Figures(
        made=len(made_keys),
        sent=len(sent_keys),
        stored=len(stored),
        lost=len(sent_keys - stored_keys - refused),
        doubled=_doubled(stored, made_keys),
        recovered=sum(row.recovered and row.key in sent_keys for row in stored),
        missed=len(made_keys - sent_keys - stored_keys),
        refused=len(refused),
        again=_again(stored, sent, since, nodes),
    )


def books(station: Station) -> dict[str, tuple[int, int]]:
    """What the tallies of all days and nodes say, beside what is in the tables."""
    [[stored, recovered, refused]] = station.cluster.ask(
        "SELECT sum(stored)::bigint, sum(recovered)::bigint, sum(refused)::bigint FROM tallies"
    )
    [[rows, recovered_rows]] = station.cluster.ask(
        "SELECT count(*), count(*) FILTER (WHERE recovered) FROM spots"
    )
    [[refused_rows]] = station.cluster.ask("SELECT count(*) FROM refused_rows")
    return {
        "stored": (stored, rows),
        "recovered": (recovered, recovered_rows),
        "refused": (refused, refused_rows),
    }


def _refused(station: Station) -> set[Key]:
    """The reports that PostgreSQL did not take and that are kept beside."""
    lines = station.cluster.ask(
        "SELECT extract(epoch FROM received)::float8, line FROM refused_rows"
        " WHERE substring(line FOR 6) = 'DX de '"
    )
    return {logs.key(bytes(line).decode("latin-1"), received) for received, line in lines}


def _doubled(stored: Sequence[Row], made: set[Key]) -> int:
    """Rows beyond the first of a key, and rows of a report that no node made so: another date, another
    kHz."""
    by_key: dict[Key, int] = defaultdict(int)
    for row in stored:
        by_key[row.key] += 1
    twice = sum(number - 1 for number in by_key.values())
    return twice + sum(row.key not in made for row in stored)


def _again(
    stored: Sequence[Row], sent: dict[str, list[Line]], since: float, nodes: Sequence[str]
) -> float | None:
    """None when a node's spots did not flow again."""
    committed = {row.key: row.committed for row in stored if not row.recovered}
    slowest = 0.0
    for name in nodes:
        after = [committed[line.key] for line in sent[name] if line.moment > since and line.key in committed]
        if not after:
            return None
        slowest = max(slowest, min(after) - since)
    return slowest
