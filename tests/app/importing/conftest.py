"""The command line of an import over a database of the test's own."""

import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from spotkeeper import cli
from spotkeeper.db import rollups
from spotkeeper.db.connection import Connection, Role

SETTINGS = """
[database]
conninfo = "{conninfo}"
[scraper]
callsign = "N0CALL-1"
nodes = [{{name = "demo", kind = "dxspider", host = "192.0.2.1", port = 7300}}]
"""


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def settings(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that names the test's database, found by the environment variable."""
    file = tmp_path / "spotkeeper.toml"
    file.write_text(SETTINGS.format(conninfo=database))
    monkeypatch.setenv("SPOTKEEPER_SETTINGS", str(file))
    return file


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """`spotkeeper import ARGUMENTS`."""

    def run(*arguments: str | Path) -> Outcome:
        monkeypatch.setattr(sys, "stdin", StringIO())
        with pytest.raises(SystemExit) as exit:
            cli.main(["import", *map(str, arguments)])
        printed = capsys.readouterr()
        return Outcome(int(exit.value.code or 0), printed.out, printed.err)

    return run


@pytest.fixture
def owner(login: Callable[[Role], Connection]) -> Connection:
    return login("owner")


@pytest.fixture
def rows(owner: Connection) -> Callable[..., list[tuple[Any, ...]]]:
    """The values of some columns of all spots, in their order."""

    def rows(columns: str) -> list[tuple[Any, ...]]:
        return owner.execute(
            f"SELECT {columns} FROM spots ORDER BY time, dx, spotter, frequency_hz"  # type: ignore[arg-type]
        ).fetchall()

    return rows


@pytest.fixture
def sums_are_right(owner: Connection) -> Callable[[], bool]:
    """Whether the sums are what the spots say."""
    return lambda: rollups.check(owner, lambda _: None) == []
