"""An import from its source into the database; one that was stopped in any way goes on where it was."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from functools import partial
from pathlib import Path
from typing import NamedTuple

from spotkeeper.db import imports
from spotkeeper.db.connection import Connection, connect_once
from spotkeeper.db.imports import MonthClosed, Part, Portion
from spotkeeper.db.keys import Keys
from spotkeeper.db.patience import patiently
from spotkeeper.db.spots import ensure_partition
from spotkeeper.errors import OperatorError
from spotkeeper.importing.items import Piece, Reader, Refused, Source
from spotkeeper.importing.refusals import Refusals
from spotkeeper.importing.shown import Shown
from spotkeeper.importing.writers import Writers

PARTITION_PATIENCE_SECONDS = 120.0


class Outcome(NamedTuple):
    """What became of a source, in this run and those before it.

    `solar` are bulletins; `refused_to` is the file of the refused lines, if there is one; `before` is how
    many lines earlier runs had read; `stopped` tells that some are left.
    """

    name: str
    lines: int
    spots: int
    doubled: int
    solar: int
    refused: Counter[str]
    refused_to: Path | None
    before: int
    stopped: bool


class Importer:
    """Works on the database while it is open. Dry, it stores nothing, and counts all spots as new."""

    def __init__(self, conninfo: str, dry: bool) -> None:
        self.keys = Keys()
        self.closed: set[tuple[str, date]] = set()
        self._conninfo = conninfo
        self._dry = dry
        self._months: set[date] = set()
        self._stack = ExitStack()

    def __enter__(self) -> "Importer":
        """Raises OperatorError when another import is at work."""
        with ExitStack() as stack:
            self.connection: Connection = stack.enter_context(
                connect_once(self._conninfo, "owner", autocommit=True)
            )
            if not self._dry and not imports.claim(self.connection):
                raise OperatorError("another import is at work: wait for its end")
            self.closed.update(imports.closed_months(self.connection))
            self.keys.learn(self.connection)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self, source: Source, reader: Reader, refused_to: Path, again: bool) -> Outcome:
        """Import a source, or what is left of it. Stopped by Ctrl-C it ends early, and says so.

        Raises OperatorError; what is stored then remains so.
        """
        if again and not self._dry:
            imports.forget(self.connection, source.digest)
        done = [] if again else imports.parts(self.connection, source.digest)
        before = sum(part.lines for part in done)
        if self._dry:
            return _outcome(source, [*done, *self._try(source, reader, done)], before, refused_to, False)
        stopped = False
        if _gaps(source, done):
            try:
                self._store(source, reader, done, refused_to)
            except KeyboardInterrupt:
                stopped = True
            except MonthClosed:
                raise OperatorError(
                    f"{source.name}: meanwhile a month was dropped to save space: run it again"
                ) from None
            else:
                imports.finish(self.connection, source.digest)
            done = imports.parts(self.connection, source.digest)
        return _outcome(source, done, before, refused_to, stopped)

    def _try(self, source: Source, reader: Reader, done: list[Part]) -> Iterator[Part]:
        with Shown(source.name, source.end - source.start) as shown:
            for gap in _gaps(source, done):
                for piece in source.pieces(gap.first, gap.through):
                    portion, _ = reader.read(piece)
                    shown.advance(piece.through - piece.first, portion.lines)
                    yield Part(*portion[:3], portion.spots, 0, len(portion.solar), portion.refused)

    def _store(self, source: Source, reader: Reader, done: list[Part], refused_to: Path) -> None:
        with (
            Shown(source.name, source.end - source.start) as shown,
            Refusals(refused_to, done, source.text) as refusals,
            Writers(self._conninfo) as writers,
        ):
            for part in done:
                shown.advance(part.through - part.first, 0)
            read = source.lines_before
            for gap in _gaps(source, done):
                for piece in source.pieces(gap.first, gap.through):
                    portion, refused = self._read(reader, piece)
                    refusals.add(gap.lines_before + read, piece, refused)
                    read += portion.lines
                    self._make_partitions(portion)
                    for stored in writers.put(source.digest, source.name, portion):
                        shown.advance(stored.through - stored.first, stored.lines)
            for stored in writers.finish():
                shown.advance(stored.through - stored.first, stored.lines)

    def _read(self, reader: Reader, piece: Piece) -> tuple[Portion, list[Refused]]:
        read = reader.read(piece)
        if self.keys.lack:
            self.keys.learn(self.connection)
            read = reader.read(piece)
        return read

    def _make_partitions(self, portion: Portion) -> None:
        for month in {month for _, month in portion.months} - self._months:
            patiently(
                self.connection,
                partial(ensure_partition, self.connection, month),
                PARTITION_PATIENCE_SECONDS,
            )
            self._months.add(month)


class _Gap(NamedTuple):
    """What is not stored yet, behind so many lines that are."""

    first: int
    through: int
    lines_before: int


def _gaps(source: Source, done: list[Part]) -> list[_Gap]:
    gaps = []
    at, lines = source.start, 0
    for part in done:
        if at < part.first:
            gaps.append(_Gap(at, part.first, lines))
        at, lines = part.through, lines + part.lines
    if at < source.end:
        gaps.append(_Gap(at, source.end, lines))
    return gaps


def _outcome(source: Source, parts: list[Part], before: int, refused_to: Path, stopped: bool) -> Outcome:
    refused = sum((part.refused for part in parts), Counter[str]())
    return Outcome(
        source.name,
        sum(part.lines for part in parts),
        sum(part.spots for part in parts),
        sum(part.doubled for part in parts),
        sum(part.solar for part in parts),
        refused,
        refused_to if refused_to.exists() else None,
        before,
        stopped,
    )
