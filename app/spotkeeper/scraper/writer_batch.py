"""From lines of the spool to what is stored of them."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from spotkeeper.db.keys import Keys
from spotkeeper.db.spots import Batch, GapRow, Received
from spotkeeper.scraper.gap import Gap
from spotkeeper.scraper.spool import SpooledLine
from spotkeeper.spots.countries import Countries
from spotkeeper.spots.model import Solar, Spot, Unparsed
from spotkeeper.spots.parse import is_live_spot, is_past_spot, parse


def read(lines: Sequence[SpooledLine], spool: UUID, countries: Countries | None, keys: Keys) -> Batch:
    """What is stored of `lines`, of which there is at least one."""
    batch = Batch(spool, lines[-1].id, keys)
    for spooled in lines:
        _, received, node, _, line = spooled
        try:
            _add(batch, spooled, countries)
        except Exception as error:
            # A mistake in the parser must not hold up the lines behind this one.
            reason = f"a mistake in the program: {error!r}"
            batch.add_refused(Received(node, received, line), reason, _looks_like_spot(line))
    return batch


def _add(batch: Batch, spooled: SpooledLine, countries: Countries | None) -> None:
    _, received, node, kind, line = spooled
    if kind == "gap":
        _add_gap(batch, spooled)
        return
    meaning = parse(line, received / 1e6, countries)
    if isinstance(meaning, Spot):
        batch.add_spot(node, received, meaning, meaning.recovered or kind == "history")
    elif isinstance(meaning, Unparsed):
        batch.add_unparsed(Received(node, received, line), meaning.reason, _looks_like_spot(line))
    elif isinstance(meaning, Solar):
        batch.add_solar(node, received, meaning)


def refuse(line: SpooledLine, spool: UUID, keys: Keys, reason: str) -> Batch:
    """The one line as one that PostgreSQL did not take."""
    batch = Batch(spool, line.id, keys)
    is_spot = line.kind != "gap" and isinstance(parse(line.line, line.received / 1e6), Spot)
    batch.add_refused(Received(line.node, line.received, line.line), reason, is_spot)
    return batch


def _add_gap(batch: Batch, line: SpooledLine) -> None:
    try:
        gap = msgspec.json.decode(line.line, type=Gap)
    except msgspec.MsgspecError as error:
        batch.add_refused(Received(line.node, line.received, line.line), f"no gap: {error}", False)
        return
    batch.add_gap(
        GapRow(
            line.node,
            gap.began,
            gap.ended,
            gap.unrepaired_seconds,
            gap.asked,
            gap.answered,
            gap.reason,
        )
    )


def _looks_like_spot(line: bytes) -> bool:
    return is_live_spot(line) or is_past_spot(line)
