"""What is imported: a source gives pieces of it, a reader knows what they mean."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from spotkeeper.db.imports import Portion
from spotkeeper.db.keys import Keys


class Piece(NamedTuple):
    """The items from position `first` of a source up to, not including, `through`."""

    first: int
    through: int
    items: Sequence[Any]


class Source(Protocol):
    """Something to be imported: a file, a table.

    `digest` tells it, and how it is read, from others. `start` and `end` are its first position and that
    behind the last, `lines_before` the number of lines before `start`; `refused_to` is the file for what is
    not stored.
    """

    name: str
    refused_to: Path
    digest: bytes
    start: int
    end: int
    lines_before: int

    def pieces(self, first: int, through: int) -> Iterator[Piece]:
        """What stands between two positions, piece by piece."""

    def text(self, item: Any) -> bytes:
        """An item as the file of refused lines shows it, in one line."""


class Refused(NamedTuple):
    """An item of a piece, by its place in it, that is not stored."""

    item: int
    reason: str


class Reader(Protocol):
    """Knows what the items of a source mean."""

    keys: Keys

    def read(self, piece: Piece) -> tuple[Portion, list[Refused]]:
        """What is stored of a piece, and what is not.

        When `keys` lack a word of it, it is to be read again once they know it.
        """
