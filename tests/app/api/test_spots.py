"""GET /api/v1/spots: what is found by which filters, page by page."""

import random
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from spotkeeper.db import search_ranges
from spotkeeper.db.search import LONG_AT_ONCE, turns
from spotkeeper.spots.comment import MODES
from spotkeeper.spots.countries import Place
from spotkeeper.spots.model import Spot
from spotkeeper.spots.places import Point

from tests.support.spots import a_spot

SPOTS = "/api/v1/spots"
PLACES = {
    "K1ABC": Place(291, "United States", "NA", 5, 8, Point(42, -71), 2),
    "W6XYZ": Place(291, "United States", "NA", 3, 6, Point(37, -122), 2),
    "F5AAA": Place(227, "France", "EU", 14, 27, Point(46, 2), 1),
    "DL1ABC": Place(230, "Germany", "EU", 14, 28, Point(51, 10), 1),
    "JA1AAA": Place(339, "Japan", "AS", 25, 45, Point(36, 138), 3),
    "3Y0J": Place(24, "Bouvet", "AF", 38, 67, Point(-54, 3), 1),
    "EA8/DL1ABC": Place(29, "Canary Islands", "AF", 33, 36, Point(28, -16), 1),
}
ZD7 = Place(250, "St. Helena", "AF", 36, 66, Point(-16, -6), 1)
LAST = int(datetime(2026, 3, 5, 10, 34, tzinfo=UTC).timestamp())
MANY = {f"ZD7{chr(65 + n // 26)}{chr(65 + n % 26)}": ZD7 for n in range(260)}


def everything(get: Callable[..., Any], **query: Any) -> list[dict[str, Any]]:
    """The spots of all pages."""
    spots: list[dict[str, Any]] = []
    page = get(SPOTS, **query)
    pages = 1
    while True:
        spots += page["spots"]
        if page["next"] is None:
            return spots
        page = get(SPOTS, **query, cursor=page["next"])
        pages += 1
        assert pages < 5000


def dx_of(page: dict[str, Any]) -> list[str]:
    return [spot["dx"] for spot in page["spots"]]


@pytest.mark.parametrize(
    "query",
    [
        {"mode": "CW"},
        {"band": "20m"},
        {"min_khz": 14000},
        {"dx_dxcc": 291, "band": "20m"},
        {"spotter": "W3LPL"},
        {},
    ],
)
def test_no_spot_is_left_out_where_a_page_ends_at_a_full_hour(
    get: Callable[..., Any],
    add: Callable[..., None],
    query: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search_ranges, "FEW_SPOTS", 0)  # the spotter is looked for as a busy one is
    ends = [datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, 14, tzinfo=UTC)]
    spots = [
        a_spot(dx=f"K{n}AA", spotter="W3LPL", source="machine", time=int(end.timestamp()) + minutes * 60,
               dx_place=PLACES["K1ABC"])
        for n, (end, minutes) in enumerate(product(ends, (-2, -1, 0, 0, 0, 0, 1)))
    ]  # fmt: skip
    add(*spots)
    wanted = sorted(spot.dx for spot in spots)
    for limit in (1, 2, 3):
        assert sorted(spot["dx"] for spot in everything(get, **query, limit=limit)) == wanted, limit
    for end in ends:
        half = {**query, "since": f"{end:%Y-%m-%dT%H:%M:%SZ}", "until": f"{end:%Y-%m-%dT%H:%M:30Z}"}
        assert len(everything(get, **half)) == 4


def test_a_spot_is_told_with_all_that_is_known_of_it(
    get: Callable[..., Any], add: Callable[..., None], spot: Callable[..., Spot], now: datetime
) -> None:
    add(
        spot(
            dx="3Y0J",
            spotter="DL1ABC",
            frequency_hz=14_025_350,
            comment="599 POTA AQ-0001 <ES>",
            dx_place=PLACES["3Y0J"],
            spotter_place=PLACES["DL1ABC"],
            dx_grid="JD15",
            distance_km=11750,
            bearing=184,
            place_source="country",
            report="599",
            propagation="ES",
            satellite="QO-100",
            qsx_hz=14_030_000,
            references=("POTA:AQ-0001",),
            recovered=True,
        )
    )
    page = get(SPOTS)
    [told] = page["spots"]
    named = told.pop("id")
    assert get(f"{SPOTS}/{named}")["spot"] == {"id": named, **told}
    assert told == {
        "time": f"{now:%Y-%m-%dT%H:%M:00Z}",
        "dx": "3Y0J",
        "spotter": "DL1ABC",
        "frequency_khz": 14025.35,
        "band": "20m",
        "mode": "CW",
        "mode_source": "said",
        "source": "human",
        "snr_db": None,
        "wpm": None,
        "report": "599",
        "comment": "599 POTA AQ-0001 <ES>",
        "dx_grid": "JD15",
        "spotter_grid": None,
        "dx_dxcc": 24,
        "dx_continent": "AF",
        "dx_cq_zone": 38,
        "dx_itu_zone": 67,
        "spotter_dxcc": 230,
        "spotter_continent": "EU",
        "spotter_cq_zone": 14,
        "spotter_itu_zone": 28,
        "distance_km": 11750,
        "bearing": 184,
        "place_source": "country",
        "propagation": "ES",
        "satellite": "QO-100",
        "qsx_khz": 14030.0,
        "references": ["POTA:AQ-0001"],
        "beacon": False,
        "node": "demo",
        "recovered": True,
        "received": f"{now:%Y-%m-%dT%H:%M}:30.000Z",
    }
    assert (page["next"], page["searched_to"]) == (None, None)


def a_history() -> list[Spot]:
    """Some of everything in three months, much of it within half an hour; the same at any time of the day."""
    draw = random.Random(5)
    calls = [*PLACES, *list(MANY)[:3]]
    places = PLACES | MANY
    spots = []
    for number in range(160):
        minutes = draw.randrange(40 * 1440 if number % 16 == 0 else draw.choice([30, 600]))
        dx, spotter = draw.sample(calls, 2)
        band, hz = draw.choice(
            [("20m", 14_025_000), ("10m", 29_600_000), ("2m", 144_300_000), (None, 13_000_000)]
        )
        mode, mode_source = draw.choice([("CW", "said"), ("FM", "guessed"), ("FT8", "said"), (None, None)])
        machine = draw.random() < 0.5
        spots.append(
            a_spot(
                time=LAST - 60 * minutes,
                dx=dx,
                spotter=spotter,
                frequency_hz=hz + draw.randrange(9000),
                band=band,
                mode="CW" if machine else mode,
                mode_source="said" if machine else mode_source,
                source="machine" if machine else "human",
                snr_db=draw.randrange(40) if machine else None,
                wpm=22 if machine else None,
                comment=""
                if machine and draw.random() < 0.3
                else draw.choice(["up 5", "tnx 73", "100% \\_/"]),
                dx_grid=draw.choice([None, "JN03", "JN18EU", "IO91"]),
                dx_place=places[dx],
                spotter_place=places[spotter] if number % 5 else None,
                distance_km=draw.choice([None, 300, 5000, 15000]),
            )
        )
    return spots


def begins(name: str, *starts: str) -> Callable[[dict[str, Any]], bool]:
    return lambda spot: (spot[name] or "").startswith(starts)


def one_of(name: str, *values: Any) -> Callable[[dict[str, Any]], bool]:
    return lambda spot: spot[name] in values


FILTERS: list[tuple[dict[str, Any], Callable[[dict[str, Any]], bool]]] = [
    ({"band": "20m"}, one_of("band", "20m")),
    ({"band": ["20m", "2m"]}, one_of("band", "20m", "2m")),
    ({"mode": "cw,FT8"}, one_of("mode", "CW", "FT8")),
    ({"mode_source": "guessed"}, one_of("mode_source", "guessed")),
    ({"mode_source": "said"}, one_of("mode_source", "said")),
    ({"source": "human"}, one_of("source", "human")),
    ({"source": "machine"}, one_of("source", "machine")),
    ({"dx": "k1abc"}, one_of("dx", "K1ABC")),
    ({"dx": "EA8/DL1ABC,3Y0J"}, one_of("dx", "EA8/DL1ABC", "3Y0J")),
    ({"spotter": "F5AAA"}, one_of("spotter", "F5AAA")),
    ({"dx_prefix": "K,W6"}, begins("dx", "K", "W6")),
    ({"spotter_prefix": "ZD7"}, begins("spotter", "ZD7")),
    ({"dx_dxcc": "291"}, one_of("dx_dxcc", 291)),
    ({"spotter_dxcc": "230,339"}, one_of("spotter_dxcc", 230, 339)),
    ({"dx_continent": "AF"}, one_of("dx_continent", "AF")),
    ({"spotter_continent": "eu"}, one_of("spotter_continent", "EU")),
    ({"dx_cq_zone": "14"}, one_of("dx_cq_zone", 14)),
    ({"dx_itu_zone": "27,28"}, one_of("dx_itu_zone", 27, 28)),
    ({"spotter_cq_zone": "5"}, one_of("spotter_cq_zone", 5)),
    ({"spotter_itu_zone": "8"}, one_of("spotter_itu_zone", 8)),
    ({"dx_grid": "JN"}, begins("dx_grid", "JN")),
    ({"dx_grid": "jn18e,IO91"}, begins("dx_grid", "JN18E", "IO91")),
    ({"min_khz": "14027.5"}, lambda spot: spot["frequency_khz"] >= 14027.5),
    ({"max_khz": "14027.5"}, lambda spot: spot["frequency_khz"] <= 14027.5),
    ({"min_khz": "13000", "max_khz": "13009"}, lambda spot: spot["band"] is None),
    ({"min_km": "5000"}, lambda spot: spot["distance_km"] is not None and spot["distance_km"] >= 5000),
    ({"max_km": "5000"}, lambda spot: spot["distance_km"] is not None and spot["distance_km"] <= 5000),
    ({"text": "UP 5"}, lambda spot: "up 5" in spot["comment"]),
    ({"text": "% \\_"}, lambda spot: "% \\_" in spot["comment"]),
    ({"text": "wpm  cq"}, lambda spot: "WPM  CQ" in spot["comment"]),
]  # fmt: skip


@pytest.mark.parametrize("pace", [{}, {"seconds": 0, "rows": 20}], ids=["at once", "in small steps"])
def test_every_filter_finds_what_it_says_alone_and_together(
    app: Flask,
    get: Callable[..., Any],
    add: Callable[..., None],
    pace: dict[str, Any],
) -> None:
    add(*a_history())
    all_spots = everything(get, limit=1000)
    assert len(all_spots) == len({told["id"] for told in all_spots}) > 150
    app.config["SEARCH_PACE"] = pace
    draw = random.Random(7)
    for asked in [[one] for one in FILTERS] + [
        draw.sample(FILTERS, draw.choice([2, 2, 3])) for _ in range(15)
    ]:
        query: dict[str, Any] = {}
        for given, _ in asked:
            query |= given
        tests = [test for given, test in asked if given.items() <= query.items()]
        expected = [told["id"] for told in all_spots if all(test(told) for test in tests)]
        if query.keys() == {name for given, _ in asked for name in given}:
            assert [told["id"] for told in everything(get, **query, limit=20)] == expected, query


def test_spots_of_each_mode_are_found(
    get: Callable[..., Any], add: Callable[..., None], spot: Callable[..., Spot]
) -> None:
    add(*(spot(3, dx=f"K{n}ABC", mode=mode) for n, mode in enumerate(MODES)))
    for n, mode in enumerate(MODES):
        assert dx_of(get(SPOTS, mode=mode)) == [f"K{n}ABC"]


def test_more_calls_with_a_prefix_than_are_looked_up_are_found_too(
    get: Callable[..., Any], add: Callable[..., None], spot: Callable[..., Spot]
) -> None:
    add(*(spot(n, dx=call, dx_place=ZD7) for n, call in enumerate(MANY)), spot(3, dx="ZS1A"))
    assert len(everything(get, dx_prefix="ZD7")) == len(MANY)
    assert len(everything(get, dx_prefix="ZD7B")) == 26


def test_since_is_from_a_minute_on_and_until_is_before_one(
    get: Callable[..., Any], add: Callable[..., None], spot: Callable[..., Spot], now: datetime
) -> None:
    add(*(spot(minutes, dx=f"K{minutes}ABC") for minutes in range(6)))
    since, until = (f"{now - timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}" for minutes in (4, 2))
    page = get(SPOTS, since=since, until=until)
    assert dx_of(page) == ["K3ABC", "K4ABC"]
    assert page["searched_to"] == since
    assert dx_of(get(SPOTS, since=since.replace("Z", "+00:00"), limit=2)) == ["K0ABC", "K1ABC"]
    assert dx_of(get(SPOTS, until="4m", limit=1)) == ["K4ABC"]
    assert get(SPOTS, since="1h", until="30m")["spots"] == []
    behind = since.replace("Z", ".5Z")
    assert [told["dx"] for told in everything(get, since=behind, limit=1)] == [f"K{n}ABC" for n in range(4)]


def test_pages_stay_as_they_are_while_spots_come_in(
    get: Callable[..., Any], add: Callable[..., None], spot: Callable[..., Spot]
) -> None:
    add(*(spot(5 + n // 4, dx=f"K{n}ABC") for n in range(20)))
    before = [told["dx"] for told in everything(get)]
    page = get(SPOTS, limit=6)
    seen = dx_of(page)
    add(spot(0, dx="W1NEW"), spot(5, dx="W2NEW"))
    while page["next"]:
        page = get(SPOTS, limit=6, cursor=page["next"])
        seen += dx_of(page)
    assert [dx for dx in seen if "NEW" not in dx] == before
    assert "W1NEW" not in seen


def test_a_cursor_keeps_the_beginning_that_an_age_named(
    get: Callable[..., Any],
    add: Callable[..., None],
    spot: Callable[..., Spot],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add(spot(1, dx="K1ABC"), spot(8, dx="K2ABC"), spot(30, dx="K3ABC"))
    page = get(SPOTS, since="10m", limit=1)
    # Asked much later the age would have passed the second one.
    assert dx_of(get(SPOTS, since="2m", cursor=page["next"])) == ["K2ABC"]


def test_a_cursor_goes_on_with_the_same_values_in_another_order(
    get: Callable[..., Any], add: Callable[..., None], spot: Callable[..., Spot]
) -> None:
    add(spot(1, dx="K1ABC"), spot(2, dx="K2ABC"))
    page = get(SPOTS, limit=1, band="20m,40m", mode="SSB,CW")
    assert dx_of(get(SPOTS, band="40m,20m", mode="CW,SSB", cursor=page["next"])) == ["K2ABC"]


def test_a_cursor_of_another_search_is_refused(
    client: FlaskClient, get: Callable[..., Any], add: Callable[..., None], spot: Callable[..., Spot]
) -> None:
    add(spot(1), spot(2))
    cursor = get(SPOTS, limit=1, band="20m")["next"]
    answer = client.get(SPOTS, query_string={"cursor": cursor, "band": "40m"})
    assert answer.status_code == 400
    assert answer.json["detail"].startswith("cursor: it belongs to a search with other parameters")


def test_a_page_whose_time_is_used_up_says_how_far_it_came(
    app: Flask, get: Callable[..., Any], add: Callable[..., None], spot: Callable[..., Spot], now: datetime
) -> None:
    add(spot(60 * 40, comment="needle"), *(spot(minutes) for minutes in range(0, 60 * 45, 50)))
    app.config["SEARCH_PACE"] = {"seconds": 0}
    page = get(SPOTS, text="needle")
    assert page["spots"] == []
    assert page["searched_to"] < f"{now:%Y-%m-%dT%H:%M:%SZ}"
    earlier = page["searched_to"]
    while not page["spots"]:
        page = get(SPOTS, text="needle", cursor=page["next"])
        assert page["searched_to"] is None or page["searched_to"] <= earlier
        earlier = page["searched_to"]
    assert page["spots"][0]["comment"] == "needle"


def test_while_others_search_long_a_page_is_short_but_the_next_one_goes_on(
    get: Callable[..., Any], add: Callable[..., None], spot: Callable[..., Spot]
) -> None:
    add(spot(60 * 40, comment="needle"), *(spot(minutes) for minutes in range(0, 60 * 45, 50)))
    with ExitStack() as others:
        for _ in range(LONG_AT_ONCE):
            others.enter_context(turns)
        assert len(get(SPOTS, limit=5)["spots"]) == 5
        page = get(SPOTS, text="needle")
        assert page["spots"] == []
        assert page["next"]
    while not page["spots"]:
        page = get(SPOTS, text="needle", cursor=page["next"])
    assert page["spots"][0]["comment"] == "needle"
    # All may be had again.
    assert [turns.acquire(blocking=False) for _ in range(LONG_AT_ONCE)] == [True] * LONG_AT_ONCE
    turns.release(LONG_AT_ONCE)


def test_two_spots_of_one_key_are_both_told(
    get: Callable[..., Any], add: Callable[..., None], spot: Callable[..., Spot]
) -> None:
    add(spot(), spot(source="machine", snr_db=5, wpm=20), spot(1, dx="K2ABC"))
    told = everything(get, limit=1)
    assert [(one["source"], one["dx"]) for one in told] == [
        ("human", "K1ABC"),
        ("machine", "K1ABC"),
        ("human", "K2ABC"),
    ]


def test_an_empty_store_has_no_spots(get: Callable[..., Any]) -> None:
    assert get(SPOTS, dx="K1ABC", since="2h")["spots"] == []
    assert get(SPOTS) == {"spots": [], "next": None, "searched_to": None}


def test_fields_are_told_alone_and_in_their_order(
    client: FlaskClient, add: Callable[..., None], spot: Callable[..., Spot]
) -> None:
    add(spot())
    assert '[{"dx":"K1ABC","band":"20m"}]' in client.get(f"{SPOTS}?fields=dx,band").text


def test_the_link_leads_to_the_next_page(
    client: FlaskClient, add: Callable[..., None], spot: Callable[..., Spot]
) -> None:
    add(spot(1), spot(2, dx="K2ABC"))
    first = client.get(f"{SPOTS}?limit=1&band=20m,10m&mode=CW&mode=SSB")
    link = first.headers["Link"].removesuffix('>; rel="next"').removeprefix("<")
    second = client.get(link)
    assert dx_of(second.json) == ["K2ABC"]
    assert "Link" not in second.headers


def test_what_has_not_changed_is_not_sent_again(
    client: FlaskClient, add: Callable[..., None], spot: Callable[..., Spot]
) -> None:
    add(spot(1))
    first = client.get(SPOTS)
    again = client.get(SPOTS, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "max-age" in first.headers["Cache-Control"]
    add(spot(0, dx="K2ABC"))
    assert client.get(SPOTS, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_a_spot_by_its_id_with_who_else_heard_it(
    client: FlaskClient, get: Callable[..., Any], add: Callable[..., None], spot: Callable[..., Spot]
) -> None:
    add(
        spot(40, spotter="A1A"),
        spot(50, spotter="B1B"),
        spot(36, spotter="C1C", source="machine", band="10m", frequency_hz=28_025_000, snr_db=3, wpm=20),
        spot(40, spotter="D1D", dx="K2ABC"),
        spot(58, spotter="E1E"),
    )
    [wanted] = get(SPOTS, spotter="A1A")["spots"]
    found = get(f"{SPOTS}/{wanted['id']}")
    assert found["spot"] == wanted
    assert [other["spotter"] for other in found["also_heard"]] == ["C1C", "B1B"]
    assert [other["spotter"] for other in get(f"{SPOTS}/{wanted['id']}", minutes=4)["also_heard"]] == ["C1C"]
    for unknown in ("0-0000000000000000", "zzzzzz-ffffffffffffffff", "x", "1-2-3", "K1ABC"):
        answer = client.get(f"{SPOTS}/{unknown}")
        assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("band=21m", "band: “21m” is not known"),
        ("bands=20m", "bands: There is no such parameter"),
        ("dx=K1%2F%2FABC", "dx: "),
        ("dx_grid=ZZ", "dx_grid: "),
        ("dx_cq_zone=41", "dx_cq_zone: "),
        ("dx=" + ",".join(["K1ABC"] * 51), "dx: Give at most 50 values"),
        ("fields=password_hash", "fields: “password_hash” is not known"),
        ("limit=0", "limit: "),
        ("limit=1&limit=2", "limit: give it once, not 2 times"),
        ("min_khz=20&max_khz=10", "max_khz: it is less than min_khz"),
        ("min_khz=nan", "min_khz: "),
        ("min_km=-1", "min_km: "),
        ("since=1h&until=2h", "until: it is less than since"),
        ("since=9999-12-31T23:59:59Z", "since: "),
        ("since=2026-02-30T00:00:00Z", "since: "),
        ("since=yesterday", "since: “yesterday” is not a time"),
        ("since=2025-02-29T00:00:00Z", "since: “2025-02-29T00:00:00Z” is a day that does not exist"),
        ("text=a%00b", "text: "),
        ("format=xml", "format: “xml” is not known"),
        ("cursor=AAAA", "cursor: this is none"),
        ("cursor=%F0%9F%93%A1", "cursor: this is none"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(client: FlaskClient, query: str, named: str) -> None:
    answer = client.get(f"{SPOTS}?{query}")
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert named in answer.json["detail"]


def test_a_search_that_the_database_stops_says_what_to_do(
    client: FlaskClient, add: Callable[..., None], spot: Callable[..., Spot], monkeypatch: pytest.MonkeyPatch
) -> None:
    add(spot())
    monkeypatch.setattr("spotkeeper.db.search.COLUMNS", "pg_sleep(60)")
    answer = client.get(SPOTS)
    assert (answer.status_code, answer.content_type) == (504, "application/problem+json")
    assert "Narrow the search" in answer.json["detail"]
