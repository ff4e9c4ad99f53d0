"""The words that keys in table spot_rows stand for, as each connection has read them.

PostgreSQL could join them, but to plan that takes it several times as long as to find a page of spots. The
modes alone it joins, for it makes comments of them.
"""

from itertools import chain
from typing import Any, LiteralString
from weakref import WeakKeyDictionary

from spotkeeper.db.connection import Connection
from spotkeeper.db.search_wanted import Row

COLUMNS: LiteralString = """
    time, key, dx, spotter, spot_hz(hundred_hz, rest_hz), band, mode,
    CASE WHEN guessed THEN 'guessed' WHEN mode IS NOT NULL THEN 'said' END,
    CASE source WHEN 'm' THEN 'machine' ELSE 'human' END, snr_db, wpm, report,
    spot_comment(comment, source, modes.name, snr_db, wpm),
    dx_grid, spotter_grid, dx_place, spotter_place, distance_km, bearing,
    CASE WHEN by_grid THEN 'grid' WHEN distance_km IS NOT NULL THEN 'country' END,
    propagation, satellite, qsx_hz, refs, coalesce(beacon, false), node, coalesce(recovered, false),
    coalesce(time + delay_ms * interval '1 millisecond', late)
"""
"""Those of a Row, with keys for words; of rows that are joined WITH_MODES."""
WITH_MODES: LiteralString = "LEFT JOIN modes ON modes.id = mode"
_BAND, _MODE, _DX_PLACE, _SPOTTER_PLACE, _NODE = 5, 6, 15, 16, 25


class _Words:
    """By key. Others may add some at any time; none is ever changed."""

    def __init__(self) -> None:
        self._bands: dict[str | None, str | None] = {}
        self._modes: dict[str | None, str | None] = {}
        self._nodes: dict[int, str] = {}
        self._places: dict[int | None, tuple[Any, ...]] = {}

    def learn(self, connection: Connection) -> None:
        def read(query: LiteralString) -> list[tuple[Any, ...]]:
            return connection.execute(query).fetchall()

        self._bands = {None: None, **dict(read("SELECT id, name FROM bands"))}
        self._modes = {None: None, **dict(read("SELECT id, name FROM modes"))}
        self._nodes = dict(read("SELECT id, name FROM nodes"))
        places = read("SELECT id, dxcc, continent, cq_zone, itu_zone FROM places")
        self._places = {None: (None, None, None, None)} | {id: tuple(place) for id, *place in places}

    def rows(self, found: list[tuple[Any, ...]]) -> list[Row]:
        """Of COLUMNS. Raises KeyError for a key that is not known."""
        if not found:
            return []
        # Column by column: that takes less time than spot by spot.
        columns = list(zip(*found, strict=True))
        words = chain(
            columns[:_BAND],
            [map(self._bands.__getitem__, columns[_BAND]), map(self._modes.__getitem__, columns[_MODE])],
            columns[_MODE + 1 : _DX_PLACE],
            zip(*map(self._places.__getitem__, columns[_DX_PLACE]), strict=True),
            zip(*map(self._places.__getitem__, columns[_SPOTTER_PLACE]), strict=True),
            columns[_SPOTTER_PLACE + 1 : _NODE],
            [map(self._nodes.__getitem__, columns[_NODE])],
            columns[_NODE + 1 :],
        )
        # Row() itself takes three times as long.
        return list(map(Row._make, zip(*words, strict=True)))


_known: WeakKeyDictionary[Connection, _Words] = WeakKeyDictionary()


def in_words(connection: Connection, found: list[tuple[Any, ...]]) -> list[Row]:
    """The spots of rows with COLUMNS, in their order."""
    words = _known.setdefault(connection, _Words())
    try:
        return words.rows(found)
    except KeyError:
        words.learn(connection)
        return words.rows(found)
