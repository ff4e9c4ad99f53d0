"""Files of lines, as they are or packed with zip or gzip."""

import gzip
import hashlib
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from spotkeeper.errors import OperatorError
from spotkeeper.importing.items import Piece

LINE_BYTES = 65_536
_CHUNK_BYTES = 1 << 20
_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"


class Measured(NamedTuple):
    """Of the file unpacked."""

    size: int
    sha256: bytes


class TextFile:
    """A file, or a member of a zip; positions are bytes of it unpacked.

    Raises OperatorError for what cannot be read or is no text.
    """

    def __init__(self, path: Path, member: str = "") -> None:
        self.path = path
        self.member = member
        self.name = f"{path}: {member}" if member else str(path)
        # Beside an archive, whatever folders there are in it.
        of_member = f": {member.replace('/', '-')}" if member else ""
        self.refused_to = path.with_name(f"{path.name}{of_member}.refused")
        with self._open() as file:
            self.header = file.readline(LINE_BYTES)
        if b"\0" in self.header or len(self.header) == LINE_BYTES:
            raise OperatorError(f"{self.name}: not a file of lines of text")

    def measure(self) -> Measured:
        """Reads it whole, so that what is damaged is known before anything of it is stored."""
        digest = hashlib.sha256()
        size = 0
        with self._open() as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
        return Measured(size, digest.digest())

    def pieces(
        self, first: int, through: int, piece_bytes: int, alike: Callable[[bytes], bytes] | None
    ) -> Iterator[Piece]:
        """The lines between two positions, in pieces of about that size.

        The last lines of a piece for which `alike` gives the same go into the next one, unless it is all of
        them: what belongs together is not torn.
        """
        with self._open() as file:
            file.seek(first)
            held: list[bytes] = []
            read = first
            while read < through:
                text = file.read(min(piece_bytes, through - read))
                if not text.endswith(b"\n"):
                    text += file.readline(LINE_BYTES)
                if not text:
                    raise OperatorError(f"{self.name}: became shorter while it was read")
                read += len(text)
                lines = text.split(b"\n")
                if not lines[-1]:
                    lines.pop()
                elif read < through:
                    raise OperatorError(f"{self.name}: a line is longer than {LINE_BYTES} bytes")
                lines = held + lines
                held = []
                if alike and read < through:
                    middle = _last_change(lines, alike)
                    lines, held = lines[:middle], lines[middle:]
                end = read - sum(map(len, held)) - len(held)
                yield Piece(first, end, lines)
                first = end

    @contextmanager
    def _open(self) -> Iterator[IO[bytes] | gzip.GzipFile]:
        try:
            with self.path.open("rb") as plain:
                magic = plain.read(4)
                plain.seek(0)
                if self.member:
                    with zipfile.ZipFile(plain) as packed, packed.open(self.member) as file:
                        yield file
                elif magic.startswith(_GZIP):
                    with gzip.open(plain) as file:
                        yield file
                else:
                    yield plain
        except OSError as error:
            raise OperatorError(f"cannot read {self.name}: {error.strerror or error}") from None
        except (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError) as error:
            # RuntimeError is what an encrypted member is refused with.
            raise OperatorError(f"cannot unpack {self.name}: {error}") from None


class LinesOf:
    """A file as a source, with a header or not; `how` tells ways to read it from each other."""

    def __init__(
        self,
        file: TextFile,
        how: str,
        piece_bytes: int,
        *,
        has_header: bool,
        alike: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self.name = file.name
        self.refused_to = file.refused_to
        size, sha256 = file.measure()
        self.digest = hashlib.sha256(how.encode() + b"\0" + sha256).digest()
        self.start = len(file.header) if has_header else 0
        self.end = size
        self.lines_before = 1 if has_header else 0
        self._file = file
        self._piece_bytes = piece_bytes
        self._alike = alike

    def pieces(self, first: int, through: int) -> Iterator[Piece]:
        return self._file.pieces(first, through, self._piece_bytes, self._alike)

    def text(self, item: bytes) -> bytes:
        return item


def text_files(path: Path) -> list[TextFile]:
    """The file, or all members of a zip. Raises OperatorError."""
    try:
        with path.open("rb") as file:
            if not file.read(4).startswith(_ZIP):
                return [TextFile(path)]
            with zipfile.ZipFile(file) as packed:
                members = [info.filename for info in packed.infolist() if not info.is_dir()]
    except OSError as error:
        raise OperatorError(f"cannot read {path}: {error.strerror or error}") from None
    except zipfile.BadZipFile as error:
        raise OperatorError(f"cannot unpack {path}: {error}") from None
    if not members:
        raise OperatorError(f"{path}: there is no file in it")
    return [TextFile(path, member) for member in members]


def _last_change(lines: list[bytes], alike: Callable[[bytes], bytes]) -> int:
    """Where the lines begin that are alike to the last; behind all of them when they all are."""
    last = alike(lines[-1])
    for index in range(len(lines) - 1, 0, -1):
        if alike(lines[index - 1]) != last:
            return index
    return len(lines)
