"""`spotkeeper spots`: what it shows, in which form, and what it says when it cannot."""

import csv
import io
import json
import os
import pty
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Response

from tests.app.client.conftest import TOKEN, Client, Station, a_spot, problem


def calls(table: str) -> list[str]:
    return re.findall(r"\b(K[0-9]+ABC)\b", table)


def test_the_table(station: Station, client: Client) -> None:
    station.add(a_spot(1), a_spot(2, source="machine", mode=None, band=None, comment="CW 23 dB"))
    shown = client.run()
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.splitlines() == [
        "UTC                  kHz  Band   Mode    DX          Spotter     Comment",
        "26 Nov 10:02     29600.0  -      -       K2ABC       F5AAA       CW 23 dB",
        "26 Nov 10:01     29600.0  10m    FM      K1ABC       F5AAA       big signal",
    ]


def test_a_comment_does_not_steer_the_terminal(station: Station, client: Client) -> None:
    station.add(a_spot(1, comment="\x1b[2Jgone\r"))
    assert "\ufffd[2Jgone\ufffd" in client.run().stdout


def in_a_terminal(client: Client, *arguments: str, **environment: str) -> str:
    """What a terminal of 80 columns is sent."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "spotkeeper", "spots", *arguments],
        env=client.environment | {"COLUMNS": "80", "LINES": "25"} | environment,
        stdout=terminal,
    )
    os.close(terminal)
    shown = b""
    try:
        while some := os.read(controller, 4096):
            shown += some
    except OSError:  # how Linux says that the other end was closed
        pass
    os.close(controller)
    assert process.wait(30) == 0
    return shown.decode()


def test_colours_in_a_terminal_alone(station: Station, client: Client) -> None:
    station.add(a_spot(1, comment="x" * 200))
    coloured = in_a_terminal(client)
    assert "\x1b[1m" in coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured).splitlines()
    assert [len(line) for line in plain[1:]] == [80]
    assert "K1ABC" in plain[1]
    assert "\x1b" not in in_a_terminal(client, NO_COLOR="1")
    assert "\x1b" not in in_a_terminal(client, "--format", "json")
    assert "\x1b" not in client.run().stdout


def test_a_full_disk_is_told(station: Station, client: Client) -> None:
    station.add(a_spot(1))
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "spotkeeper", "spots"],
            env=client.environment, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (
        2,
        "spotkeeper: cannot write the spots: No space left on device\n",
    )


def test_all_pages_are_read_and_no_more_than_wanted(station: Station, client: Client) -> None:
    station.page = 3
    station.add(*(a_spot(number) for number in range(1, 61)))
    assert len(calls(client.run("--since", "2h").stdout)) == 60
    assert calls(client.run("--limit", "4").stdout) == ["K60ABC", "K59ABC", "K58ABC", "K57ABC"]
    assert len(calls(client.run().stdout)) == 50
    station.asked.clear()
    client.run("--limit", "4")
    assert len(station.asked) == 2


def test_filters_are_the_apis(station: Station, client: Client) -> None:
    station.add(a_spot(1), a_spot(2, band="20m"), a_spot(3, band="15m", mode="SSB"), a_spot(4, mode="CW"))
    shown = client.run(
        "--band", "10m,20m", "--band", "15m", "--mode", "FM", "--mode", "SSB", "--since", "2h",
        "--until", "2026-11-26T12:00:00Z", "--dx-continent", "NA", "--min-khz", "28000", "--max-km", "9000",
        "--text", "big, signal",
    )  # fmt: skip
    assert shown.returncode == 0
    assert station.asked[0] == {
        "band": ["10m", "20m", "15m"],
        "mode": ["FM", "SSB"],
        "dx_continent": ["NA"],
        "min_khz": ["28000.0"],
        "max_km": ["9000"],
        "text": ["big, signal"],
        "since": ["2h"],
        "until": ["2026-11-26T12:00:00Z"],
        "limit": ["1000"],
    }


def test_csv(station: Station, client: Client) -> None:
    station.add(a_spot(1, comment='=HYPERLINK("x"), y'), a_spot(2))
    rows = list(csv.DictReader(io.StringIO(client.run("--format", "csv").stdout)))
    assert [row["dx"] for row in rows] == ["K2ABC", "K1ABC"]
    assert rows[1]["comment"] == '\'=HYPERLINK("x"), y'
    assert (rows[0]["time"], rows[0]["frequency_khz"]) == ("2026-11-26T10:02:00Z", "29600.0")
    station.spots.clear()
    assert client.run("--format", "csv").stdout.startswith("time,frequency_khz,band,")


def test_json_is_what_the_api_says(station: Station, client: Client) -> None:
    spots = [a_spot(2, comment="größer"), a_spot(1)]
    station.add(*spots)
    lines = client.run("--format", "json").stdout.splitlines()
    assert [json.loads(line) for line in lines] == spots


def test_adif(station: Station, client: Client) -> None:
    station.add(a_spot(1, mode="FT4", comment="grüß", references=["POTA:US-0001"]), a_spot(2, mode=None))
    header, _, records = client.run("--format", "adif").stdout.partition("<EOH>\n")
    assert "<ADIF_VER:5>3.1.4" in header
    first = records.splitlines()[1]
    fields = {match[1]: match[3][: int(match[2])] for match in re.finditer(r"<(\w+):(\d+)>([^<]*)", first)}
    wanted = {"CALL": "K1ABC", "QSO_DATE": "20261126", "TIME_ON": "1001", "FREQ": "29.6", "BAND": "10m"}
    wanted |= {"MODE": "MFSK", "SUBMODE": "FT4", "POTA_REF": "US-0001", "APP_SPOTKEEPER_SPOTTER": "F5AAA"}
    assert wanted.items() <= fields.items()
    assert len(records.splitlines()) == 2
    station.spots.clear()
    assert client.run("--format", "adif").stdout.endswith("<EOH>\n")


def test_who_has_read_enough_hears_no_complaint(station: Station, client: Client) -> None:
    station.add(*(a_spot(number) for number in range(1, 5000)))
    command = f"{sys.executable} -m spotkeeper spots --since 7d | head -3"
    shown = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        env=client.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (shown.returncode, shown.stderr) == (0, "")
    assert len(shown.stdout.splitlines()) == 3


def test_a_busy_server_is_asked_again(station: Station, client: Client) -> None:
    station.add(a_spot(1))
    station.refusals = [problem(429, "More than 60 requests in a minute.", **{"Retry-After": "1"})] * 2
    assert calls(client.run().stdout) == ["K1ABC"]


# What cannot be


def fails(client: Client, *arguments: str) -> str:
    """The sentence."""
    outcome = client.run(*arguments)
    assert (outcome.returncode, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("spotkeeper")
    assert len(outcome.stderr.splitlines()) == 1
    return outcome.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--server", ""], "Give --server or set SPOTKEEPER_SERVER"),
        (["--server", "ftp://x"], "--server: 'ftp://x' is not an address such as"),
        (["--server", "https://"], "--server: 'https://' is not an address such as"),
        (["--server", "http://x:99999"], "--server: 'http://x:99999' is not an address such as"),
        (["--server", "http://station.example.org"], "everybody on the way could read the token: use https"),
        (["--server", "http://127.0.0.1:1"], "cannot reach http://127.0.0.1:1: "),
        (["--follow", "--server", "http://127.0.0.1:1"], "cannot reach http://127.0.0.1:1: "),
        (["--follow", "--until", "2h"], "--follow and --until exclude each other"),
        (["--limit", "0"], "Invalid value for '--limit'"),
        (["--format", "xml"], "Invalid value for '--format'"),
        (["--min-khz", "low"], "Invalid value for '--min-khz'"),
        (["--token-file", "/nowhere/token"], "cannot read the token in /nowhere/token: No such file"),
        (["--token-file", os.devnull], f"{os.devnull} holds no token: that is spk_ and 43 characters"),
        (["--ca-file", "/nowhere/ca"], "--ca-file: cannot use /nowhere/ca: No such file"),
        (["--ca-file", os.devnull], f"--ca-file: cannot use {os.devnull}: it holds no certificate"),
    ],
)
def test_what_is_given_wrong(client: Client, arguments: list[str], sentence: str) -> None:
    assert sentence in fails(client, *arguments)


def test_without_a_token_it_says_where_to_get_one(station: Station, client: Client, token_file: Path) -> None:
    del client.environment["SPOTKEEPER_TOKEN"]
    sentence = fails(client)
    assert f"{station.url} wants a token: Sign in, or send a token." in sentence
    assert "spotkeeper token make" in sentence
    assert client.run("--token-file", str(token_file)).returncode == 0
    client.environment["SPOTKEEPER_TOKEN"] = TOKEN[:-1] + "x"
    assert "does not take this token" in fails(client)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (problem(400, "band: “11m” is not a band."), "answers 400: band: “11m” is not a band."),
        (problem(403, "This token lacks the scope read."), "answers 403: This token lacks the scope read."),
        (problem(503, "The database is away."), "answers 503 SERVICE UNAVAILABLE: The database is away."),
        (Response("gone", 404), "answers 404: NOT FOUND"),
        (Response("<html>", 200), "does not answer as a Spotkeeper station: text/html"),
        (Response("[]", 200, content_type="application/json"), "does not answer as a Spotkeeper station"),
        (
            Response("", 308, {"Location": "https://dx.test/api/v1/spots"}),
            "leads to https://dx.test: give that",
        ),
    ],
)
def test_what_the_server_says_is_passed_on(
    station: Station, client: Client, answer: Response, sentence: str
) -> None:
    station.refusals = [answer]
    assert sentence in fails(client)


class TestCertificate:
    @pytest.fixture
    def certificate(self, tmp_path: Path) -> Path:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2",
             "-keyout", tmp_path / "key", "-out", tmp_path / "certificate"],
            check=True,
            capture_output=True,
        )  # fmt: skip
        return tmp_path / "certificate"

    @pytest.fixture
    def station(self, certificate: Path) -> Iterator[Station]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_name("key"))
        station = Station(context)
        station.add(a_spot(1))
        yield station
        station.stop()

    def test_nobody_has_vouched_for_it(self, station: Station, client: Client) -> None:
        for arguments in ([], ["--follow"]):
            sentence = fails(client, *arguments)
            assert f"the certificate of {station.url} is not trusted: self-signed certificate" in sentence
            assert "--ca-file authority.crt" in sentence
        assert station.asked == []

    def test_its_authority_is_given(self, client: Client, certificate: Path) -> None:
        assert calls(client.run("--ca-file", str(certificate)).stdout) == ["K1ABC"]

    def test_another_name(self, station: Station, client: Client, certificate: Path) -> None:
        other = station.url.replace("localhost", "127.0.0.1")
        assert "certificate is not valid for '127.0.0.1'" in fails(
            client, "--ca-file", str(certificate), "--server", other
        )

    def test_any_will_do(self, client: Client) -> None:
        assert calls(client.run("--insecure").stdout) == ["K1ABC"]
