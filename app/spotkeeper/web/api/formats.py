"""The formats in which spots are told, each a stream of portions."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec
from marshmallow import fields

from spotkeeper.db.search_wanted import Row
from spotkeeper.spots import adif
from spotkeeper.web.api.spots_schema import SpotSchema, columns, objects


class Writer(Protocol):
    """Writes spots, all or the named fields of them."""

    def begin(self, names: tuple[str, ...]) -> str:
        """What stands before the first spot."""

    def write(self, spots: Sequence[Row], names: tuple[str, ...]) -> str:
        """A portion."""


class _Csv:
    """RFC 4180 with a header. What a spreadsheet would take for a formula gets an apostrophe before it."""

    def begin(self, names: tuple[str, ...]) -> str:
        return self._lines([names])

    def write(self, spots: Sequence[Row], names: tuple[str, ...]) -> str:
        cells = map(_cells, names, columns(spots, names))
        return self._lines(zip(*cells, strict=True))

    @staticmethod
    def _lines(rows: Iterable[Iterable[object]]) -> str:
        buffer = io.StringIO()
        csv.writer(buffer).writerows(rows)
        return buffer.getvalue()


def _cells(name: str, column: Iterable[Any]) -> Iterable[object]:
    match _KINDS[name]:
        case fields.String():
            return [f"'{text}" if text and text[0] in _FORMULAS else text for text in column]
        case fields.Boolean():
            return ["true" if value else "false" for value in column]
        case fields.List():
            return map(" ".join, column)
        case _:
            return column


_KINDS = SpotSchema().fields
_FORMULAS = frozenset("=+-@\t\r\n")


_ENCODER = msgspec.json.Encoder()


class _Ndjson:
    """A JSON object on each line."""

    def begin(self, names: tuple[str, ...]) -> str:
        return ""

    def write(self, spots: Sequence[Row], names: tuple[str, ...]) -> str:
        return _ENCODER.encode_lines(objects(spots, names)).decode()


class _Adif:
    def begin(self, names: tuple[str, ...]) -> str:
        return adif.header()

    def write(self, spots: Sequence[Row], names: tuple[str, ...]) -> str:
        values = zip(*columns(spots, adif.FIELDS), strict=True)
        return "".join(adif.record(dict(zip(adif.FIELDS, one, strict=True))) for one in values)


class Format(NamedTuple):
    """`writer` is None of JSON, which comes in pages."""

    name: str
    extension: str
    mimetype: str
    writer: Writer | None = None


FORMATS = (
    Format("json", "json", "application/json"),
    Format("csv", "csv", "text/csv", _Csv()),
    Format("ndjson", "ndjson", "application/x-ndjson", _Ndjson()),
    Format("adif", "adi", "application/x-adif", _Adif()),
)


def by_name(name: str) -> Format:
    """By its name or its extension, which are in FORMATS."""
    return next(known for known in FORMATS if name in (known.name, known.extension))


def written(format_writer: Writer, portions: Iterator[list[Row]], names: tuple[str, ...]) -> Iterator[str]:
    """What is sent; the first portion is asked for before anything is."""
    first = next(portions)
    yield format_writer.begin(names) + format_writer.write(first, names)
    for portion in portions:
        yield format_writer.write(portion, names)
