"""What can still be read of a damaged spool.

SQLite reads a file from its root and gives up where that is broken. Here every page of the file and of its
write-ahead log is looked at by itself: https://www.sqlite.org/fileformat2.html.
"""

import os
import re
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

PAGE_BYTES = 4096

_WAL_HEADER_BYTES = 32
_FRAME_HEADER_BYTES = 24
_TABLE_LEAF = 13
_MAGIC = b"SQLite format 3\0"
_FILE_HEADER_BYTES = 100
# A record of which more does not fit lies on other pages too.
_MOST_LOCAL_BYTES = PAGE_BYTES - 35
_INTEGER_BYTES = (0, 1, 2, 3, 4, 6, 8)
_NODE = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
# 2001 to 2100, in Unix microseconds.
_FIRST_MOMENT, _LAST_MOMENT = 10**15, 4_102_444_800 * 10**6

Value = int | float | str | bytes | None


class Row(NamedTuple):
    """As in table lines: `lines` that came together, the first with this id."""

    id: int
    received: int
    node: str
    line: bytes
    kind: int
    lines: int


class Heard(NamedTuple):
    """As in table heard."""

    node: str
    received: int


class Identity(NamedTuple):
    """As in table identity: the spool's UUID, its opening, and through which id it was cleared."""

    uuid: UUID
    opening: int
    removed: int


def salvage(path: Path) -> Iterator[Row | Heard | Identity]:
    """Every row that can be read, of the file and its log; some more than once, some removed long ago."""
    for page in _pages(path):
        for row_id, values in _records(page):
            if (row := _meaning(row_id, values)) is not None:
                yield row


def _meaning(row_id: int, values: list[Value]) -> Row | Heard | Identity | None:
    match values:
        case [None, int(received), str(node), bytes(line), *rest] if (
            row_id > 0 and _is_moment(received) and _NODE.fullmatch(node)
        ):
            match rest:
                case []:
                    return Row(row_id, received, node, line, 0, 1)
                case [int(kind), int(lines)] if kind in (0, 1, 2) and lines == line.count(b"\n") + 1:
                    return Row(row_id, received, node, line, kind, lines)
        case [str(node), int(received)] if _is_moment(received) and _NODE.fullmatch(node):
            return Heard(node, received)
        case [str(uuid), int(opening), int(removed)]:
            with suppress(ValueError):
                return Identity(UUID(uuid), opening, removed)
    return None


def _is_moment(received: int) -> bool:
    return _FIRST_MOMENT < received < _LAST_MOMENT


def header_is_sound(path: Path) -> bool:
    """Whether the first bytes of the file are those of a spool, as far as SQLite would misread them."""
    with path.open("rb") as file:
        header = file.read(_FILE_HEADER_BYTES)
    return (
        len(header) == _FILE_HEADER_BYTES
        and header.startswith(_MAGIC)
        and header[16:18] == PAGE_BYTES.to_bytes(2, "big")
        and header[18] in (1, 2)
        and header[19] in (1, 2)
        and header[20:24] == bytes((0, 64, 32, 32))
        and int.from_bytes(header[44:48], "big") <= 4
        and int.from_bytes(header[56:60], "big") <= 1
    )


def wal_is_whole(path: Path) -> bool:
    """Whether SQLite will read the log to its end.

    It stops at the first frame whose checksum is wrong, without a word, and forgets those behind it. Frames
    that a crash left unwritten are no damage: nothing of the same generation follows them.
    """
    try:
        data = path.with_name(path.name + "-wal").read_bytes()
    except FileNotFoundError:
        return True
    if len(data) < _WAL_HEADER_BYTES:
        return True
    magic, _, page_bytes = struct.unpack(">3I", data[:12])
    if magic & ~1 != 0x377F0682 or page_bytes != PAGE_BYTES:
        return False
    order = ">" if magic & 1 else "<"
    sums = _checksum(data[:24], order, (0, 0))
    if sums != struct.unpack(">2I", data[24:32]):
        return False
    salts = data[16:24]
    broken = False
    for start in range(_WAL_HEADER_BYTES, len(data), _FRAME_HEADER_BYTES + PAGE_BYTES):
        header = data[start : start + _FRAME_HEADER_BYTES]
        page = data[start + _FRAME_HEADER_BYTES : start + _FRAME_HEADER_BYTES + PAGE_BYTES]
        if len(page) < PAGE_BYTES or header[8:16] != salts:
            broken = True
        elif broken:
            return False
        else:
            sums = _checksum(header[:8] + page, order, sums)
            broken = sums != struct.unpack(">2I", header[16:24])
    return True


def _checksum(data: bytes, order: str, sums: tuple[int, int]) -> tuple[int, int]:
    first, second = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second


def _pages(path: Path) -> Iterator[bytes]:
    yield from _blocks(path, 0, 0)
    yield from _blocks(path.with_name(path.name + "-wal"), _WAL_HEADER_BYTES, _FRAME_HEADER_BYTES)


def _blocks(path: Path, first: int, between: int) -> Iterator[bytes]:
    """Pages of the file from `first`, each behind `between` other bytes; without what cannot be read."""
    try:
        file = path.open("rb", buffering=0)
    except FileNotFoundError:
        return
    with file:
        for start in range(first, file.seek(0, os.SEEK_END), between + PAGE_BYTES):
            try:
                file.seek(start + between)
                yield file.read(PAGE_BYTES)
            except OSError:
                continue


def _records(page: bytes) -> Iterator[tuple[int, list[Value]]]:
    """Row ids and columns of a leaf of a table, as far as they make sense; nothing of other pages."""
    header = _FILE_HEADER_BYTES if page.startswith(_MAGIC) else 0
    if len(page) < header + 8 or page[header] != _TABLE_LEAF:
        return
    cells = struct.unpack_from(">H", page, header + 3)[0]
    for index in range(cells):
        try:
            (offset,) = struct.unpack_from(">H", page, header + 8 + 2 * index)
            length, offset = _varint(page, offset)
            row_id, offset = _varint(page, offset)
            if length <= _MOST_LOCAL_BYTES and offset + length <= len(page):
                yield row_id, _columns(page[offset : offset + length])
        except (IndexError, ValueError, struct.error):
            continue


def _columns(record: bytes) -> list[Value]:
    """Raises ValueError or IndexError when it is no record."""
    header_bytes, offset = _varint(record, 0)
    if header_bytes > len(record):
        raise ValueError("no record")
    types = []
    while offset < header_bytes:
        type_, offset = _varint(record, offset)
        types.append(type_)
    values: list[Value] = []
    for type_ in types:
        value, offset = _column(record, offset, type_)
        values.append(value)
    if offset != len(record):
        raise ValueError("no record")
    return values


def _column(record: bytes, offset: int, type_: int) -> tuple[Value, int]:
    if type_ == 0:
        return None, offset
    if type_ in (8, 9):
        return type_ - 8, offset
    if type_ < len(_INTEGER_BYTES):
        end = offset + _INTEGER_BYTES[type_]
        return int.from_bytes(record[offset:end], "big", signed=True), end
    if type_ < 12:
        raise ValueError("no type of ours")
    end = offset + (type_ - 12) // 2
    if end > len(record):
        raise ValueError("no record")
    return (record[offset:end].decode() if type_ % 2 else record[offset:end]), end


def _varint(data: bytes, offset: int) -> tuple[int, int]:
    value = 0
    for _ in range(8):
        byte = data[offset]
        offset += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, offset
    return value << 8 | data[offset], offset + 1
