"""What a search is asked for in an address, and the cursor that goes on with it."""

import base64
import binascii
import hashlib
import struct
from datetime import UTC, datetime
from math import ceil
from typing import Any, NamedTuple

import marshmallow
from werkzeug.exceptions import BadRequest

from spotkeeper.db.search_wanted import End, Position, Source, Wanted
from spotkeeper.spots.bands import BANDS
from spotkeeper.spots.comment import MODES
from spotkeeper.spots.countries import CONTINENTS
from spotkeeper.spots.modes import DIGITAL, MODES_OF, VOICE
from spotkeeper.web.api.spots_arguments import (
    Moment,
    Number,
    Several,
    Text,
    Whole,
    Word,
    call,
    grid,
    prefix,
)
from spotkeeper.web.api.spots_schema import FIELDS

PAGE, LONGEST_PAGE = 100, 1000
LONGEST_EXPORT = 1_000_000
HIGHEST_KHZ = 300_000_000
FARTHEST_KM = 20_100

# Version, time, key, whether there is one, source, since, digest of the query.
_CURSOR = struct.Struct(">Bqq??q8s")
_VERSION = 1
_NO_TIME = -1


class SpotsQuery(marshmallow.Schema):
    """Every parameter of a search; all that are given must hold."""

    error_messages = {"unknown": "There is no such parameter."}  # noqa: RUF012

    since = Moment("Not older than this")
    until = Moment("Older than this")
    band = Several(Word(BANDS), "Bands")
    mode = Several(Word((*MODES, VOICE, DIGITAL)), "Modes, or voice or digital for all that are")
    mode_source = Word(("said", "guessed"), "Whether the report says the mode or the band plan")
    source = Word(("human", "machine"), "Who reported: people or skimmers")
    dx = Several(call(), "Calls of the DX, whole")
    spotter = Several(call(), "Calls of the spotter, whole")
    dx_prefix = Several(prefix(), "With which the DX's call begins")
    spotter_prefix = Several(prefix(), "With which the spotter's call begins")
    dx_dxcc = Several(Whole(1, 999), "ADIF's numbers of the DX's entity")
    spotter_dxcc = Several(Whole(1, 999), "ADIF's numbers of the spotter's entity")
    dx_continent = Several(Word(CONTINENTS), "Continents of the DX")
    spotter_continent = Several(Word(CONTINENTS), "Continents of the spotter")
    dx_cq_zone = Several(Whole(1, 40), "CQ zones of the DX")
    spotter_cq_zone = Several(Whole(1, 40), "CQ zones of the spotter")
    dx_itu_zone = Several(Whole(1, 90), "ITU zones of the DX")
    spotter_itu_zone = Several(Whole(1, 90), "ITU zones of the spotter")
    dx_grid = Several(grid(), "With which the DX's locator begins, where the report says one")
    spotter_grid = Several(grid(), "With which the spotter's locator begins, where the report says one")
    min_khz = Number(HIGHEST_KHZ, "Lowest frequency, kHz")
    max_khz = Number(HIGHEST_KHZ, "Highest frequency, kHz")
    min_km = Whole(0, FARTHEST_KM, "Least distance along the great circle")
    max_km = Whole(0, FARTHEST_KM, "Greatest distance along the great circle")
    text = Text("Part of the comment, in capitals or not")
    limit = Whole(
        1,
        LONGEST_EXPORT,
        f"How many spots at most. A page of JSON has {PAGE} when nothing is said and {LONGEST_PAGE} at most;"
        " the other formats have all when nothing is said.",
    )
    cursor = Text("`next` of the page before, to go on behind it; it keeps since and until as they were then")
    names = Several(Word(FIELDS), "Which fields of the spots, in this order; not for ADIF", data_key="fields")


class SpotsQueryWithFormat(SpotsQuery):
    """The same, where the path does not say the format."""

    format = Word(("json", "csv", "ndjson", "adif"), "Goes before the Accept header")


class Asked(NamedTuple):
    """A query that was understood."""

    wanted: Wanted
    after: Position | None
    limit: int | None
    fields: tuple[str, ...]
    """Empty for all."""
    digest: bytes
    """Of everything that decides which spots there are, and in what order."""

    def cursor(self, position: Position) -> str:
        """What goes on behind the position with the same search, whose relative times stay as they are."""
        since = self.wanted.since
        packed = _CURSOR.pack(
            _VERSION,
            int(position.time.timestamp()),
            position.key or 0,
            position.key is not None,
            position.source == "machine",
            # Spots are of whole minutes: what is not before a part of a second is not before the next one.
            _NO_TIME if since is None else ceil(since.timestamp()),
            self.digest,
        )
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def asked_for(query: dict[str, Any]) -> Asked:
    """Of the values of SpotsQuery. Raises BadRequest, which names the parameter that does not fit."""
    for low, high in (("since", "until"), ("min_khz", "max_khz"), ("min_km", "max_km")):
        if low in query and high in query and query[low] > query[high]:
            raise BadRequest(f"{high}: it is less than {low}.")
    wanted = Wanted(
        since=query.get("since"),
        until=query.get("until"),
        source=query.get("source"),
        bands=query.get("band", ()),
        modes=tuple(mode for word in query.get("mode", ()) for mode in MODES_OF.get(word, (word,))),
        mode_source=query.get("mode_source"),
        dx=_end(query, "dx"),
        spotter=_end(query, "spotter"),
        min_hz=_hz(query.get("min_khz")),
        max_hz=_hz(query.get("max_khz")),
        min_km=query.get("min_km"),
        max_km=query.get("max_km"),
        text=query.get("text", ""),
    )
    digest = _digest(wanted)
    after = None
    if "cursor" in query:
        after, since = _read_cursor(query["cursor"], digest)
        # `until` was that of the first page: what is behind the cursor is older.
        wanted = wanted._replace(since=since, until=None)
    return Asked(wanted, after, query.get("limit"), tuple(dict.fromkeys(query.get("names", ()))), digest)


def _digest(wanted: Wanted) -> bytes:
    """The same for values in another order, and at another time."""

    def in_order(value: object) -> object:
        if isinstance(value, End):
            return [in_order(part) for part in value]
        return sorted(set(value)) if isinstance(value, list | tuple) else value

    timeless = wanted._replace(since=None, until=None)
    return hashlib.sha256(repr([in_order(value) for value in timeless]).encode()).digest()[:8]


def _end(query: dict[str, Any], name: str) -> End:
    return End(
        calls=query.get(name, ()),
        prefixes=query.get(f"{name}_prefix", ()),
        dxcc=query.get(f"{name}_dxcc", ()),
        continents=query.get(f"{name}_continent", ()),
        cq_zones=query.get(f"{name}_cq_zone", ()),
        itu_zones=query.get(f"{name}_itu_zone", ()),
        grids=query.get(f"{name}_grid", ()),
    )


def _hz(khz: float | None) -> int | None:
    return None if khz is None else round(khz * 1000)


def _read_cursor(text: str, digest: bytes) -> tuple[Position, datetime | None]:
    """The position and `since`. Raises BadRequest."""
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        version, seconds, key, has_key, is_machine, since, of = _CURSOR.unpack(packed)
        time = datetime.fromtimestamp(seconds, UTC)
        begin = None if since == _NO_TIME else datetime.fromtimestamp(since, UTC)
        if version != _VERSION:
            raise ValueError
    except (binascii.Error, struct.error, ValueError, OverflowError, OSError):
        raise BadRequest("cursor: this is none. Take `next` of an answer as it is.") from None
    if of != digest:
        raise BadRequest(
            "cursor: it belongs to a search with other parameters. Keep all but limit, fields and format the"
            " same, or begin without a cursor."
        )
    source: Source = "machine" if is_machine else "human"
    return (Position(time, key, source) if has_key else Position(time)), begin
