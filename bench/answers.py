"""How long the station's answers take while 100 spots a second arrive, over what bench.history filled.

    pg_virtualenv -t bash -c 'python -m bench.history h5 5 && python -m bench.answers h5'
    python -m bench.answers h5 h50 [--only PART] [--seconds 4] [--pause 0]

PostgreSQL is set as on the host of 1 GB; nginx, gunicorn, scraper and notifier are the real ones, and the
simulator sends the spots. What there is to ask is taken from /api/v1/openapi.json. With two databases the
last column tells how many times longer the second one takes.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, LiteralString, NamedTuple
from urllib.parse import quote, urlencode

from spotkeeper.db.connection import Connection, connect
from spotkeeper.db.identity import spot_id

from bench.clients import Answers, Clients, get
from bench.host import as_on_the_host
from bench.station import Ingest, station
from bench.visitor import visitor
from tests.support import database as support

CLIENTS, GREEDY = 8, 50
GREEDY_SECONDS = 30
ROW = "a row by its key, PostgreSQL alone"

_ROW: LiteralString = "SELECT * FROM spots WHERE time = %s AND key = %s"
_KEYS: LiteralString = """
    SELECT time, key FROM spots WHERE time >= (SELECT max(time) - interval '2 days' FROM spots)
    ORDER BY md5(key::text) LIMIT 1000
"""
# What stands in a path, or must be given, where the document has no example of it.
_SAMPLES: LiteralString = """
    SELECT (SELECT call FROM calls ORDER BY spotted DESC LIMIT 1),
        (SELECT call FROM calls ORDER BY spotting DESC LIMIT 1),
        (SELECT dxcc FROM dxcc_hours GROUP BY dxcc ORDER BY sum(spots) DESC LIMIT 1), time, key
    FROM spots ORDER BY time DESC LIMIT 1
"""

# What an unkind client would think of, None being the most that is allowed. Of other paths all that has a
# most is at it.
_HEAVIEST: dict[str, tuple[dict[str, object], ...]] = {
    "/api/v1/spots": (
        {"text": "nobody ever said this", "since": "3650d"},
        {"text": "CQ", "source": "machine", "min_km": 19900, "since": "3650d"},
        {"dx_prefix": "K", "spotter_prefix": "V", "band": "23cm", "since": "3650d"},
        {"spotter_prefix": "D", "mode": "RTTY", "dx_continent": "AF", "since": "3650d"},
        {"dx_grid": "RR99", "since": "3650d"},
        {"dx_cq_zone": 38, "spotter_cq_zone": 14, "band": "6m", "mode": "SSB", "since": "3650d"},
        {
            "min_khz": 14025,
            "max_khz": 14025.1,
            "mode_source": "guessed",
            "source": "machine",
            "since": "3650d",
        },
        {"limit": 1000},
        {"limit": 1000, "format": "adif"},
    ),
    "/api/v1/spots.{extension}": ({"limit": 1000},),
    "/api/v1/conditions": ({"within_km": 20000}, {"within_km": 20000, "grid": "JN18"}),
    "/api/spots": (
        {"limit": None, "offset": None},
        {"dx_call": "A", "mode": "RTTY", "since": "2020-01-01T00:00:00Z"},
    ),
}
# A download without a word is of everything.
_USUAL: dict[str, dict[str, object]] = {"/api/v1/spots.{extension}": {"limit": 100}}
# What people see: of the account of bench/visitor.py.
_PAGES = (
    "/",
    "/spots",
    "/spots/{id}",
    "/map",
    "/map/paths?hour={hour}",
    "/map/countries",
    "/bands",
    "/bands/waterfall.json?band=20m",
    "/call/{call}",
    "/call/{spotter}",
    "/car",
    "/station",
    "/settings",
    "/settings/tokens",
    "/settings/devices",
    "/settings/security",
    "/users",
    "/audit",
)
# A download may be as long as its asker wants to wait; it must not keep others waiting.
_DOWNLOADS = ("/api/v1/spots.csv?limit=1000000", "/api/v1/spots.adi?limit=1000000&since=3650d")


class Asked(NamedTuple):
    """A path with its query, and by which name it is shown."""

    name: str
    path: str


class Figures(NamedTuple):
    """Of one path or the bare row over one database."""

    first: float
    """Milliseconds of the first time it was asked."""
    answers: Answers


def asked(document: dict[str, Any], samples: dict[str, object]) -> tuple[list[Asked], list[Asked]]:
    """Everything that can be read: with default parameters, and with the heaviest there are."""
    usual, heavy = [], []
    for path, item in document["paths"].items():
        if "get" not in item or "stream" in path:
            continue
        described = [*item.get("parameters", []), *item["get"].get("parameters", [])]
        parameters = [_resolved(document, parameter) for parameter in described]
        filled = path
        needed: dict[str, object] = {}
        most: dict[str, object] = {}
        for parameter in parameters:
            name, schema = parameter["name"], _resolved(document, parameter.get("schema", {}))
            value = samples.get(name, _sample(parameter, schema))
            if parameter["in"] == "path":
                filled = filled.replace(f"{{{name}}}", quote(str(value), safe=""))
            elif parameter["in"] == "query":
                if parameter.get("required"):
                    needed[name] = value
                if "maximum" in schema and not name.startswith(("min_", "max_", "dx_", "spotter_")):
                    most[name] = schema["maximum"]
        usual.append(_with(path, filled, needed | _USUAL.get(path, {})))
        if most and path not in _HEAVIEST:
            heavy.append(_with(path, filled, needed | most))
        for one in _HEAVIEST.get(path, ()):
            given = {name: most[name] if value is None else value for name, value in one.items()}
            heavy.append(_with(path, filled, needed | given))
    return usual, heavy


def _with(name: str, path: str, query: dict[str, object]) -> Asked:
    text = urlencode(query)
    return Asked(f"{name}?{text}" if text else name, f"{path}?{text}" if text else path)


def _sample(parameter: dict[str, Any], schema: dict[str, Any]) -> object:
    for found in (parameter, schema):
        for key in ("example", "default"):
            if key in found:
                return found[key]
    return schema["enum"][0] if "enum" in schema else schema.get("minimum", "1")


def _resolved(document: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in described:
        found: Any = document
        for name in described["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        described = found
    return described


def samples_of(owner: Connection) -> dict[str, object]:
    """Values of parameters by name: what many ask for."""
    [(call, spotter, dxcc, moment, key)] = owner.execute(_SAMPLES).fetchall()
    return {
        "call": call,
        "dx": call,
        "spotter": spotter,
        "dxcc": dxcc,
        "id": spot_id(moment, key),
        "extension": "csv",
        "timezone": "Europe/Paris",
        "grid": "JN18",
        "hour": f"{datetime.now(UTC):%Y-%m-%dT%H}",
    }


class Run(NamedTuple):
    """What was found over one database, by the name of what was asked."""

    pages: dict[str, Figures]
    usual: dict[str, Figures]
    heavy: dict[str, Figures]
    row: Figures
    ingest_p99: float
    greedy: Counter[int]
    greedy_ingest_p99: float
    greedy_longest: float
    """Seconds of the dashboard's longest query meanwhile."""


def measure(database: str, seconds: float, pause: float, only: str) -> Run:
    # The clients are forked before there are threads.
    clients, crowd = Clients(CLIENTS, pause), Clients(GREEDY)
    with station(database) as running:
        ingest = Ingest(running.conninfo)
        ingest.start()
        try:
            with connect(running.conninfo, "owner", autocommit=True) as owner:
                samples = samples_of(owner)
                keys = owner.execute(_KEYS).fetchall()
            usual, heavy = asked(json.loads(get(running.port, "/api/v1/openapi.json").body), samples)
            row = Figures(0, clients.select(f"{running.conninfo} user=dashboard", _ROW, keys, seconds))
            ingest.take()
            with visitor(running.stack) as cookie:
                seen = [Asked(page, page.format_map(samples)) for page in _PAGES]
                figures = [
                    _every(clients, running.port, [one for one in some if only in one.name], seconds, of)
                    for some, of in ((seen, cookie), (usual, ""), (heavy, ""))
                ]
            calm, _ = ingest.take()
            paths = [*(one.path for one in heavy), *_DOWNLOADS]
            greedy = crowd.ask(running.port, paths, GREEDY_SECONDS)
            delays, longest = ingest.take()
        finally:
            ingest.stop()
            clients.close()
            crowd.close()
    return Run(*figures, row, _p99(calm), greedy.statuses, _p99(delays), longest)


def _every(
    clients: Clients, port: int, some: Sequence[Asked], seconds: float, cookie: str
) -> dict[str, Figures]:
    figures = {}
    for one in some:
        first = get(port, one.path, cookie)
        if first.status != HTTPStatus.OK:
            print(f"{one.name}: left out, for it is answered {first.status}", file=sys.stderr, flush=True)
            continue
        figures[one.name] = Figures(first.milliseconds, clients.ask(port, [one.path], seconds, cookie))
        print(f"{one.name}: {figures[one.name].answers.percentile(99):.0f} ms", file=sys.stderr, flush=True)
    return figures


def _p99(seconds: Sequence[float]) -> float:
    """In milliseconds; of nothing, infinite."""
    ordered = sorted(seconds)
    return 1000 * ordered[int(len(ordered) * 0.99)] if ordered else float("inf")


def show(databases: Sequence[str], runs: Sequence[Run]) -> None:
    """Print the tables of README.md."""
    for database, run in zip(databases, runs, strict=True):
        print(
            f"\n{database}: received to committed p99 {run.ingest_p99:.0f} ms; beside {GREEDY} greedy clients"
            f" {run.greedy_ingest_p99:.0f} ms, the longest query {run.greedy_longest:.1f} s,"
            f" answers {dict(sorted(run.greedy.items()))}"
        )
    last = " last/first p50 |" if len(runs) > 1 else ""
    heads = "".join(f" {name}: first | p50 | p99 | a second | status |" for name in databases)
    for title, found in (
        ("pages", [run.pages for run in runs]),
        ("with default parameters", [run.usual for run in runs]),
        ("the heaviest allowed", [run.heavy for run in runs]),
    ):
        print(f"\n| {title}; ms |{heads}{last}")
        print("|---|" + "---:|" * (5 * len(runs) + bool(last)))
        for name in [ROW, *found[0]]:
            rows = [run.row for run in runs] if name == ROW else [one[name] for one in found]
            cells = "".join(
                f" {row.first:.0f} | {row.answers.percentile(50):.1f} | {row.answers.percentile(99):.1f} |"
                f" {row.answers.rate:.0f} | {'/'.join(map(str, sorted(row.answers.statuses)))} |"
                for row in rows
            )
            ratio = rows[-1].answers.percentile(50) / rows[0].answers.percentile(50)
            print(f"| {name} |{cells}" + (f" {ratio:.2f} |" if last else ""))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("database", nargs="+")
    parser.add_argument("--only", default="", metavar="PART", help="only paths with this in their name")
    parser.add_argument("--seconds", type=float, default=4, help="that each path is asked for")
    parser.add_argument("--pause", type=float, default=0, help="seconds of each client between its requests")
    arguments = parser.parse_args()
    as_on_the_host()
    show(
        arguments.database,
        [
            measure(database, arguments.seconds, arguments.pause, arguments.only)
            for database in arguments.database
        ],
    )


if __name__ == "__main__":
    try:
        main()
    except support.NoServer as error:
        sys.exit(f"the benchmark needs PostgreSQL: {error}")
