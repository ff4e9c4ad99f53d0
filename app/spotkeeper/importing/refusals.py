"""The file that tells which lines were refused and why."""

from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import IO

from spotkeeper.db.imports import Part
from spotkeeper.errors import OperatorError
from spotkeeper.importing.items import Piece, Refused

_HEADER = b"# position\tline\twhy it was refused\tthe line\n"


class Refusals:
    """Lines are written before their portion is stored. An import that goes on keeps those of the `parts`
    that are stored, and drops the others: they come again. There is no file when nothing is refused.
    """

    def __init__(self, path: Path, parts: Iterable[Part], text: Callable[[object], bytes]) -> None:
        self.path = path
        self._text = text
        self._parts = list(parts)
        self._file: IO[bytes] | None = None

    def __enter__(self) -> "Refusals":
        try:
            # At once: nothing is stored when the file cannot be written.
            new = self.path.with_name(f"{self.path.name}.new")
            self._file = new.open("wb")
            self._file.writelines([_HEADER, *self._kept()])
            self._file.flush()
            new.replace(self.path)
        except OSError as error:
            raise OperatorError(f"cannot write the refused lines to {self.path}: {error.strerror}") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            is_empty = self._file.tell() <= len(_HEADER)
            self._file.close()
            if is_empty:
                self.path.unlink(missing_ok=True)

    def add(self, lines_before: int, piece: Piece, refused: list[Refused]) -> None:
        if not refused or self._file is None:
            return
        for index, reason in refused:
            line = self._text(piece.items[index])
            head = f"{piece.first}\t{lines_before + index + 1}\t{reason}\t".encode()
            self._file.write(head + line.rstrip(b"\r") + b"\n")
        self._file.flush()

    def _kept(self) -> list[bytes]:
        if not self._parts:
            return []
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return []
        return [line + b"\n" for line in lines if (at := _position(line)) is not None and self._is_stored(at)]

    def _is_stored(self, position: int) -> bool:
        return any(part.first <= position < part.through for part in self._parts)


def _position(line: bytes) -> int | None:
    number, tab, _ = line.partition(b"\t")
    return int(number) if tab and number.isdigit() else None
