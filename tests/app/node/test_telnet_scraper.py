"""Our own scraper as a client of our own node: all spots go over, each once, and what it missed too."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from tests.app.node.conftest import Node
from tests.app.scraper.conftest import COMMAND, STORED, Key, Scraper, wait_until
from tests.support.spots import a_spot

pytestmark = pytest.mark.slow


@pytest.fixture
def other(server: Any) -> str:
    """The database of the station that listens to ours."""
    return str(server.migrated())


@pytest.fixture
def scraper(other: str, node: Node, tmp_path: Path) -> Iterator[Scraper]:
    entry = f'[[scraper.nodes]]\nname = "ours"\nkind = "dxspider"\nhost = "127.0.0.1"\nport = {node.port}\n'
    scraper = Scraper(tmp_path, other, entry, COMMAND)
    yield scraper
    scraper.close()


def asked(database: str, query: LiteralString) -> list[Any]:
    with psycopg.connect(database, user="owner") as connection:
        return connection.execute(query).fetchall()


def stored(database: str) -> set[Key]:
    rows = asked(database, STORED)
    assert len(rows) == len(set(rows))
    return set(rows)


def test_every_spot_goes_over_once_and_sh_dx_mends_the_gap(
    scraper: Scraper, add: Callable[..., None], database: str, other: str
) -> None:
    minute = int(datetime.now(UTC).timestamp()) // 60 * 60
    scraper.start()
    wait_until(lambda: scraper.is_up("ours"), "a session")
    add(*(a_spot(dx=f"K1A{n}Z", comment=f"CW {n}", source="human") for n in range(40)))
    add(*(a_spot(dx=f"K2A{n}Z", source="machine", snr_db=12, wpm=25) for n in range(40)))
    add(*(a_spot(dx=f"K1A{n}Z", comment=f"CW {n}") for n in range(40)), name="another node")
    wait_until(lambda: stored(other) == stored(database), "80 spots")
    scraper.end()
    add(*(a_spot(dx=f"K3A{n}Z", time=minute) for n in range(15)))
    scraper.start()
    wait_until(lambda: stored(other) == stored(database), "the spots that were missed")
    assert len(stored(other)) == 95
    add(a_spot(dx="K4AAA"))
    wait_until(lambda: stored(other) == stored(database), "the spot after it")
    wait_until(lambda: asked(other, "SELECT count(*) FROM gaps") == [(1,)], "the gap")
    assert asked(other, "SELECT unrepaired_seconds FROM gaps") == [(0.0,)]
    assert asked(other, "SELECT line FROM unparsed_lines") == []
