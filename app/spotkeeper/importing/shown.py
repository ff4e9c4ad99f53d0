"""How far an import has come: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from types import TracebackType

import click

LINE_SECONDS = 10.0


class Shown:
    """On stderr, of a source with so many positions."""

    def __init__(self, name: str, positions: int) -> None:
        self._name = name
        self._positions = positions
        self._at = 0
        self._lines = 0
        self._began = self._told = time.monotonic()
        self._bar = (
            click.progressbar(length=positions, label=name, file=sys.stderr) if sys.stderr.isatty() else None
        )

    def __enter__(self) -> "Shown":
        if self._bar is not None:
            self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.__exit__(kind, error, trace)

    def advance(self, positions: int, lines: int) -> None:
        """So many more are done."""
        self._at += positions
        self._lines += lines
        if self._bar is not None:
            self._bar.update(positions)
            return
        now = time.monotonic()
        if now - self._told >= LINE_SECONDS:
            self._told = now
            part = self._at / self._positions
            rate = self._lines / (now - self._began)
            click.echo(f"{self._name}: {part:.0%}, {self._lines:,} lines, {rate:,.0f} a second", err=True)
