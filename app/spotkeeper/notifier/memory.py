"""What was published last, kept over a restart: nothing is published twice and nothing left out."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

from spotkeeper.db.live import Name
from spotkeeper.db.search_wanted import Source

REMEMBERED = 10_000
# A writer may commit later than another what it heard before.
LATE = timedelta(minutes=1)

_BEGINNING = "-"
_SOURCES: tuple[Source, ...] = get_args(Source)


class Memory:
    """The last spots that were published or are history, the newest REMEMBERED of them.

    `directory` holds them over a restart of the process, in a file of one line for each; None for nowhere.
    """

    def __init__(self, directory: str | None) -> None:
        self.newest: datetime | None = None
        self._forgotten: datetime | None = None
        self._received: dict[str, datetime] = {}  # by the spot's word, the oldest first
        self._lines = 0
        self._path = Path(directory, "published") if directory else None
        if self._path:
            self._read(self._path)
        self._file = self._path.open("a", encoding="ascii") if self._path else None

    def __contains__(self, name: Name) -> bool:
        return name.word in self._received

    @property
    def since(self) -> datetime | None:
        """What was received before this was published or is history; None before `begin`."""
        if self.newest is None:
            return None
        since = self.newest - LATE
        return max(since, self._forgotten) if self._forgotten else since

    def begin(self, moment: datetime) -> None:
        """All that was received up to this moment is history."""
        self._note(_BEGINNING, moment)

    def add(self, name: Name) -> None:
        self._note(name.word, name.received)

    def _note(self, word: str, received: datetime) -> None:
        self._remember(word, received)
        if self._file and self._path:
            self._file.write(_line(word, received))
            self._file.flush()
            self._lines += 1
            if self._lines > 2 * REMEMBERED:
                self._file.close()
                self._shorten(self._path)
                self._file = self._path.open("a", encoding="ascii")

    def _remember(self, word: str, received: datetime) -> None:
        self._received[word] = received
        self.newest = max(self.newest or received, received)
        if len(self._received) > REMEMBERED:
            forgotten = self._received.pop(next(iter(self._received)))
            self._forgotten = max(self._forgotten or forgotten, forgotten)

    def _read(self, path: Path) -> None:
        with suppress(FileNotFoundError):
            for line in path.read_text(encoding="ascii", errors="replace").splitlines():
                # The last one is half a line when the process was killed while it wrote.
                with suppress(ValueError, OverflowError, OSError):
                    word, milliseconds = line.split()
                    received = datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
                    for one in _with_source(word):
                        self._remember(one, received)
        self._shorten(path)

    def _shorten(self, path: Path) -> None:
        new = path.with_suffix(".new")
        new.write_text("".join(map(_line, self._received, self._received.values())), encoding="ascii")
        new.replace(path)
        self._lines = len(self._received)


def _line(word: str, received: datetime) -> str:
    return f"{word} {round(received.timestamp() * 1000)}\n"


def _with_source(word: str) -> list[str]:
    """An older release wrote none: it may have been either."""
    if word == _BEGINNING or word.endswith(_SOURCES):
        return [word]
    return [f"{word}-{source}" for source in _SOURCES]
