"""The spots as CSV, NDJSON and ADIF: what stands in them, how they are asked for, and what they cost."""

import csv
import io
import json
import re
import tracemalloc
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from spotkeeper.spots.model import Spot

SPOTS = "/api/v1/spots"
MIMETYPES = {
    "json": "application/json",
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
    "adif": "application/x-adif",
}
EXTENSIONS = {"json": "json", "csv": "csv", "ndjson": "ndjson", "adif": "adi"}


def read_adif(text: str) -> tuple[dict[str, str], list[dict[str, str]]]:
    """The header's fields and those of each record, by the lengths that the fields say."""
    text.encode("ascii")
    parts: list[dict[str, str]] = [{}]
    position = 0
    while tag := re.compile(r"<([A-Za-z_]+)(?::([0-9]+))?>").search(text, position):
        if tag[2] is None:
            parts.append({})
            assert tag[1] == ("EOH" if len(parts) == 2 else "EOR")
            position = tag.end()
        else:
            position = tag.end() + int(tag[2])
            parts[-1][tag[1]] = text[tag.end() : position]
            assert text[position] == " "
    header, *records, rest = parts
    assert rest == {}
    return header, records


@pytest.mark.parametrize("name", MIMETYPES)
def test_a_format_is_asked_for_in_three_ways(
    client: FlaskClient, add: Callable[..., None], spot: Callable[..., Spot], name: str
) -> None:
    add(spot(1), spot(2))
    answers = [
        client.get(path, headers={"Accept": accept}, buffered=True)
        for path, accept in (
            (SPOTS, f"{MIMETYPES[name]};q=0.9, image/png"),
            (f"{SPOTS}.{EXTENSIONS[name]}", "text/html"),
            (f"{SPOTS}?format={name}", "text/html"),
        )
    ]
    for answer in answers:
        assert (answer.status_code, answer.mimetype) == (200, MIMETYPES[name])
        said = answer.headers.get("Content-Disposition", "")
        assert said.endswith(f'Z.{EXTENSIONS[name]}"') is (name != "json")
    texts = {re.sub("<CREATED_TIMESTAMP[^<]*", "", answer.text) for answer in answers}
    assert len(texts) == 1
    assert "Accept" in answers[0].headers["Vary"]


def test_a_browser_gets_json_and_who_wants_a_picture_nothing(client: FlaskClient) -> None:
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
    assert client.get(SPOTS, headers={"Accept": browser}).mimetype == "application/json"
    answer = client.get(SPOTS, headers={"Accept": "image/png"})
    assert (answer.status_code, answer.content_type) == (406, "application/problem+json")
    assert client.get(f"{SPOTS}.pdf").status_code == 404


def test_an_export_has_all_that_match_and_not_only_a_page(
    client: FlaskClient, add: Callable[..., None], spot: Callable[..., Spot]
) -> None:
    add(*(spot(n, spotter=f"F{n % 9}AAA", dx=f"K{n}ABC") for n in range(1200)))
    lines = [json.loads(line) for line in client.get(f"{SPOTS}.ndjson").text.splitlines()]
    assert [line["dx"] for line in lines] == [f"K{n}ABC" for n in range(1200)]
    assert lines[:1000] == client.get(f"{SPOTS}?limit=5000").json["spots"]
    table = csv.reader(io.StringIO(client.get(f"{SPOTS}.csv?spotter=F3AAA&limit=20&fields=dx,id").text))
    assert list(table) == [
        ["dx", "id"],
        *([line["dx"], line["id"]] for line in lines[3::9][:20]),
    ]


def test_csv_has_a_column_for_each_field(
    client: FlaskClient, add: Callable[..., None], spot: Callable[..., Spot]
) -> None:
    add(
        spot(
            comment='=HYPERLINK("x"), "quoted"',
            references=("POTA:US-0001", "SOTA:W6/CT-001"),
            beacon=True,
            snr_db=-7,
        )
    )
    [wanted] = client.get(SPOTS).json["spots"]
    [row] = csv.DictReader(io.StringIO(client.get(f"{SPOTS}.csv").text))
    assert list(row) == list(wanted)
    assert (row["comment"], row["references"]) == ("'" + wanted["comment"], "POTA:US-0001 SOTA:W6/CT-001")
    assert (row["beacon"], row["recovered"], row["snr_db"], row["wpm"]) == ("true", "false", "-7", "")


def test_adif_says_what_the_spot_says_and_no_more(
    client: FlaskClient, add: Callable[..., None], spot: Callable[..., Spot]
) -> None:
    made = spot(
        dx="3Y0J",
        spotter="DL1ABC",
        frequency_hz=14_080_350,
        mode="FT4",
        comment="Grüße 73 €",
        dx_grid="JD15",
        report="-14",
        snr_db=-14,
        propagation="ES",
        satellite="QO-100",
        references=("POTA:AQ-0001", "POTA:AQ-0002", "IOTA:AN-002", "SOTA:3Y/BV-001", "WWFF:3YFF-0001"),
    )
    add(made)
    answer = client.get(f"{SPOTS}.adi")
    header, [record] = read_adif(answer.text)
    assert header["ADIF_VER"] == "3.1.4"
    assert header["PROGRAMID"] == "Spotkeeper"
    time = client.get(SPOTS).json["spots"][0]["time"]
    assert record == {
        "CALL": "3Y0J",
        "QSO_DATE": time[:10].replace("-", ""),
        "TIME_ON": time[11:16].replace(":", ""),
        "FREQ": "14.08035",
        "BAND": "20m",
        "MODE": "MFSK",
        "SUBMODE": "FT4",
        "GRIDSQUARE": "JD15",
        "COMMENT": "Gru?e 73 ?",
        "QSO_COMPLETE": "N",
        "PROP_MODE": "ES",
        "SAT_NAME": "QO-100",
        "POTA_REF": "AQ-0001,AQ-0002",
        "IOTA": "AN-002",
        "SOTA_REF": "3Y/BV-001",
        "WWFF_REF": "3YFF-0001",
        "APP_SPOTKEEPER_SPOTTER": "DL1ABC",
        "APP_SPOTKEEPER_SOURCE": "human",
        "APP_SPOTKEEPER_SNR_DB": "-14",
    }


def test_adif_tells_a_guess_as_a_guess_and_has_its_own_names(
    client: FlaskClient, add: Callable[..., None], spot: Callable[..., Spot]
) -> None:
    add(
        spot(1, mode="SSB", mode_source="guessed", frequency_hz=14_200_000),
        spot(2, mode=None, mode_source=None, band=None, frequency_hz=13_000_000),
        spot(3, mode="D-STAR", band="2200m", frequency_hz=136_500),
        spot(4, mode="CONTESTIA"),
        spot(5, mode="FT8"),
    )
    _, records = read_adif(client.get(f"{SPOTS}.adi").text)
    told = [
        [record.get(name) for name in ("MODE", "SUBMODE", "BAND", "FREQ", "APP_SPOTKEEPER_GUESSED_MODE")]
        for record in records
    ]
    assert told == [
        [None, None, "20m", "14.2", "SSB"],
        [None, None, None, "13", None],
        ["DIGITALVOICE", "DSTAR", "2190m", "0.1365", None],
        ["CONTESTI", None, "20m", "14.025", None],
        ["FT8", None, "20m", "14.025", None],
    ]
    assert client.get(f"{SPOTS}.adi?fields=dx").status_code == 400


def test_an_export_takes_the_memory_of_some_portions_only(
    client: FlaskClient, add: Callable[..., None], spot: Callable[..., Spot]
) -> None:
    add(*(spot(n // 10, dx=f"K{n}ABC") for n in range(8000)))

    def peak(limit: int) -> tuple[int, int]:
        """Bytes sent, and the most memory that took."""
        tracemalloc.start()
        with client.get(f"{SPOTS}.ndjson?limit={limit}", buffered=False) as answer:
            sent = sum(len(part) for part in answer.iter_encoded())
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return sent, most

    peak(10)
    small, large = peak(2000), peak(8000)
    assert large[0] > 3.9 * small[0]
    assert large[1] < 2 * small[1]


def test_only_two_exports_are_made_at_a_time(
    client: FlaskClient, add: Callable[..., None], spot: Callable[..., Spot]
) -> None:
    add(*(spot(n) for n in range(1100)))
    under_way = [client.get(f"{SPOTS}.csv", buffered=False) for _ in range(2)]
    answer = client.get(f"{SPOTS}.csv")
    assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
    assert answer.headers["Retry-After"]
    assert client.get(SPOTS).status_code == 200
    assert client.get(f"{SPOTS}.csv?limit=1000").status_code == 200, "no longer than a page"
    for open_answer in under_way:
        open_answer.close()
    assert client.get(f"{SPOTS}.csv").text.count("\n") == 1101


def test_a_database_that_goes_away_breaks_the_export_off(
    app: Flask,
    client: FlaskClient,
    add: Callable[..., None],
    spot: Callable[..., Spot],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add(*(spot(n) for n in range(1100)))
    with client.get(f"{SPOTS}.csv", buffered=False) as answer:
        parts = iter(answer.iter_encoded())
        assert next(parts).startswith(b"id,")
        app.extensions["pool"].close()
        with pytest.raises(psycopg.OperationalError):
            next(parts)


def test_a_database_that_is_away_gets_no_file(app: Flask, client: FlaskClient) -> None:
    app.extensions["pool"].close()
    answers: list[Any] = [client.get(f"{SPOTS}.csv") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503] * 3
    assert all(answer.content_type == "application/problem+json" for answer in answers)
    assert "Content-Disposition" not in answers[0].headers
