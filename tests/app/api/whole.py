"""The whole API over a database that holds some of everything, open to all who ask, however often."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from flask import Flask
from spotkeeper.db.connection import connect
from spotkeeper.settings import Api, Dashboard, Database, Node, Scraper, Settings
from spotkeeper.spots.countries import Countries
from spotkeeper.spots.model import Solar, Spot
from spotkeeper.spots.parse import parse
from spotkeeper.web import create_app

from tests.support.spots import add_spots

DOCUMENT = "/api/v1/openapi.json"
CALL = "K1ABC"
MOST_REQUESTS = 1_000_000
COUNTRY_FILE = Path("/usr/share/hamradio-files/cty.csv")
LINES = (
    "DX de F5AAA:     29600.0  K1ABC        FM 59 in {hour} FN42<ES>JN18    {stamp}",
    "DX de DL8LAS-#:  14025.3  EA8/DL1ABC   CW    18 dB  22 WPM  CQ        {stamp}",
    "DX de W3LPL-#:   14074.0  ZL1XYZ       FT8   -7 dB          CQ        {stamp}",
    "DX de G4AAA:     14195.0  3Y0J         USB QSX 14.205 tnx!            {stamp}",
    "DX de G4AAA:    144300.0  OZ1AA/P      JO65<TR>IO91 50% _ \\ '         {stamp}",
    "DX de JA1AAA:     7144.0  VK2AA/MM     POTA AU-1234 SOTA W6/CT-001    {stamp}",
    "DX de OH2AA:     28200.5  OH2B/B       beacon                         {stamp}",
    "DX de OH2AA:     14072.0  DL1ABC       tnx Thor                       {stamp}",
    "DX de ON4AA:     99999.9  PA0AA                                       {stamp}",
)


@contextmanager
def whole_api(conninfo: str, folder: Path) -> Iterator[Flask]:
    """The application over the migrated database, which gets spots of three days and bulletins."""
    _fill(conninfo)
    key = folder / "secret_key"
    key.write_bytes(b"k" * 32)
    app = create_app(
        Settings(
            scraper=Scraper(
                callsign="N0CALL-1", nodes=[Node(name="demo", kind="dxspider", host="127.0.0.1", port=7300)]
            ),
            database=Database(conninfo=conninfo),
            dashboard=Dashboard(secret_key_file=key),
            api=Api(
                anonymous=True,
                requests_per_minute=MOST_REQUESTS,
                anonymous_requests_per_minute=MOST_REQUESTS,
            ),
        )
    )
    yield app
    app.extensions["pool"].close()


def _fill(conninfo: str) -> None:
    countries = Countries(COUNTRY_FILE.read_text(encoding="utf-8"))
    now = datetime.now(UTC)
    moments = [
        now - timedelta(minutes=7 * number, hours=hours) for number in range(8) for hours in (0, 5, 30)
    ]
    spots = [_parsed(line, moment, countries) for moment in moments for line in LINES]
    with connect(conninfo, "scraper", autocommit=True) as scraper:
        add_spots(scraper, *[spot for spot in spots if isinstance(spot, Spot)])
        for moment in moments:
            text = f"WWV de W0MU <{moment:%H}> : SFI=150, A=8, K=2, No Storms -> No Storms"
            bulletin = parse(text.encode(), moment.timestamp())
            assert isinstance(bulletin, Solar), bulletin
            scraper.execute(
                """INSERT INTO solar (time, kind, station, sfi, a_index, k_index, text, node, received)
                VALUES (to_timestamp(%s), 'WWV', 'W0MU', 150, 8, 2, 'No Storms', 'demo', now())
                    ON CONFLICT DO NOTHING""",
                [bulletin.time],
            )


def _parsed(line: str, moment: datetime, countries: Countries) -> Spot:
    spot = parse(
        line.format(hour=moment.hour, stamp=f"{moment:%H%MZ}").encode(), moment.timestamp(), countries
    )
    assert isinstance(spot, Spot), spot
    return spot


class Reading(NamedTuple):
    """A path that is read, with the parameters in it filled in, and those of its query."""

    path: str
    query: list[dict[str, Any]]


def readings(document: dict[str, Any]) -> Iterator[Reading]:
    """Everything that can be read, as the document describes it."""
    for template, item in document["paths"].items():
        if "get" not in item:
            continue
        path = template
        given = [*item.get("parameters", []), *item["get"].get("parameters", [])]
        described = [_resolved(document, parameter) for parameter in given]
        for parameter in described:
            if parameter["in"] == "path":
                schema = _resolved(document, parameter["schema"])
                [value, *_] = schema.get("enum", [CALL])
                path = path.replace(f"{{{parameter['name']}}}", str(value))
        yield Reading(path, [parameter for parameter in described if parameter["in"] == "query"])


def _resolved(document: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in described:
        found: Any = document
        for name in described["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        described = found
    return described
