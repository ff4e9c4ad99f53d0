"""`spotkeeper status`."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from prometheus_client import CollectorRegistry
from spotkeeper import metrics
from spotkeeper.db.connection import Connection
from spotkeeper.status import Status

from tests.app.station.made_up import node, status
from tests.support.spots import a_spot, add_spots

SETTINGS = """
[database]
conninfo = "{conninfo}"
[scraper]
callsign = "N0CALL-1"
metrics_port = {port}
nodes = [{{name = "demo", kind = "dxspider", host = "192.0.2.1", port = 7300}}]
"""

Ask = Callable[..., "subprocess.CompletedProcess[str]"]
Says = Callable[[Status], None]


@pytest.fixture
def said() -> dict[str, Status]:
    return {"now": status()}


@pytest.fixture
def port(said: dict[str, Status]) -> Iterator[int]:
    """Where somebody answers in the scraper's place."""
    with metrics.listen(0) as listening:
        metrics.serve(listening, CollectorRegistry(), lambda: msgspec.json.encode(said["now"]))
        yield listening.getsockname()[1]


@pytest.fixture
def ask(database: str, port: int, tmp_path: Path) -> Ask:
    file = tmp_path / "spotkeeper.toml"

    def ask(*options: str, port: int = port, database: str = database) -> "subprocess.CompletedProcess[str]":
        file.write_text(SETTINGS.format(conninfo=database, port=port))
        command = [sys.executable, "-m", "spotkeeper", "--settings", str(file), "status", *options]
        return subprocess.run(command, capture_output=True, text=True)

    return ask


def test_all_is_well(ask: Ask, login: Callable[[str], Connection]) -> None:
    login("owner").execute("INSERT INTO tallies VALUES (now(), 'demo', 1234, 1200, 34, 5, 0, 0)")
    told = ask()
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("The scraper is alive since 2025-11-25 02:55 UTC.\nNothing was lost")
    assert "demo                  up since 02:55 UTC, last spot 03:54 UTC, 1,234 spots" in told.stdout
    assert "  received         1,234       1,234\n" in told.stdout


def test_the_room_on_the_disk_is_told(ask: Ask, login: Callable[[str], Connection]) -> None:
    add_spots(login("scraper"), a_spot(), a_spot(source="machine"))
    told = ask().stdout
    assert "\nDisk      " in told
    assert re.search(r"\nStorage   .* MB, spots of 1 month; spotkeeper storage", told), told
    assert json.loads(ask("--json").stdout)["storage"]["database_bytes"] > 1_000_000


def test_trouble_comes_with_what_to_do(ask: Ask, said: dict[str, Status]) -> None:
    away = node("away", phase="waiting", reason="refused", sentence="says no", advice="Ask its sysop.")
    said["now"] = status(nodes=[node(), away])
    told = ask()
    assert told.returncode == 1
    assert "\n! away: says no, since" in told.stdout
    assert "\n  -> Ask its sysop.\n" in told.stdout


def test_gaps_and_refused_lines_are_listed(ask: Ask, login: Callable[[str], Connection]) -> None:
    owner = login("owner")
    owner.execute(
        "INSERT INTO gaps (node, began, ended, reason, asked, answered, unrepaired_seconds)"
        " VALUES ('demo', now() - interval '10 minutes', now(), 'silent', 100, 100, 240)"
    )
    owner.execute(
        "INSERT INTO refused_rows (node, received, line, reason) VALUES ('demo', now(), 'DX de', 'strange')"
    )
    told = ask()
    assert told.returncode == 1
    assert "UTC, 10 min, silent, 4 min not repaired\n" in told.stdout
    assert "UTC, strange: DX de\n" in told.stdout


def test_for_programs(ask: Ask) -> None:
    told = json.loads(ask("--json").stdout)
    assert (told["alive"], told["well"], told["troubles"]) == (True, True, [])
    assert told["status"]["nodes"][0]["name"] == "demo"
    assert told["books"]["today"]["received"] == 0


def test_a_scraper_that_does_not_answer(ask: Ask) -> None:
    with metrics.listen(0) as taken:
        port = taken.getsockname()[1]
    told = ask(port=port)
    assert told.returncode == 1
    assert told.stdout.startswith("The scraper ")
    assert "Nothing was lost" in told.stdout


def test_somebody_else_at_its_port(ask: Ask, said: dict[str, Status]) -> None:
    said["now"] = {"hello": 1}  # type: ignore[assignment]
    assert ask().returncode == 1


def test_it_cannot_be_told_without_the_database_alone(ask: Ask) -> None:
    told = ask(database="host=127.0.0.1 port=1 dbname=none")
    assert told.returncode == 2
    assert "cannot be told" in told.stdout
    assert told.stderr.startswith("spotkeeper: cannot connect to the database")


def test_the_help_says_what_the_exit_codes_mean(ask: Ask) -> None:
    told = ask("--help").stdout
    assert "0 when all is well, 1 when there is trouble, 2 when it cannot be told" in " ".join(told.split())
