"""The role's own nginx before the application: the API as a program meets it, and who is let in nowhere."""

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPMessage, HTTPSConnection
from pathlib import Path
from ssl import create_default_context
from typing import Any, NamedTuple

import pytest
from spotkeeper.db.connection import connect
from spotkeeper.settings import load

from tests.support.spots import a_spot, add_spots
from tests.support.stack import NGINX, Stack, wait_until

MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
pytestmark = pytest.mark.skipif(
    not MODULE.exists(), reason="nchan is not installed (Debian: libnginx-mod-nchan)"
)

SPOTS = "/api/v1/spots"
DAY = datetime(2026, 1, 5, tzinfo=UTC)
THAT_DAY = "since=2026-01-05T00:00:00Z&until=2026-01-06T00:00:00Z"
RULES = "[api]\nanonymous = true\nanonymous_requests_per_minute = 100000\nrequests_per_minute = 5\n"


class Answer(NamedTuple):
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def problem(self) -> dict[str, object]:
        assert self.headers["Content-Type"] == "application/problem+json"
        document: dict[str, object] = json.loads(self.body)
        assert document["status"] == self.status
        return document


class Door:
    """Asks nginx from an address of loopback."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.authority = stack.folder / "server.crt"

    def connect(self, address: str) -> HTTPSConnection:
        context = create_default_context(cafile=self.authority)
        context.check_hostname = False
        return HTTPSConnection(
            "127.0.0.1", self.stack.ports["https"], timeout=20, context=context, source_address=(address, 0)
        )

    def get(self, path: str, address: str = "127.0.0.1", method: str = "GET", **headers: str) -> Answer:
        connection = self.connect(address)
        try:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """With spots of a day that is over."""
    stack = Stack(tmp_path_factory.mktemp("door"), settings=RULES)
    stack.start()
    try:
        with connect(load(stack.settings).database.conninfo, "scraper", autocommit=True) as scraper:
            midnight = int(DAY.timestamp())
            add_spots(scraper, *(a_spot(time=midnight + 60 * minute) for minute in range(60)))
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def door(stack: Stack) -> Door:
    return Door(stack)


@pytest.fixture(scope="module")
def token(stack: Stack) -> str:
    stack.run("user", "add", "paul", "--password-stdin", text="a long enough one\n")
    made = subprocess.run(
        [sys.executable, "-m", "spotkeeper", "--settings", str(stack.settings), "token", "make", "paul", "x"],
        check=True,
        capture_output=True,
        text=True,
    )
    return made.stdout.strip()


def test_the_configuration_is_one_that_nginx_takes(stack: Stack) -> None:
    checked = subprocess.run(
        [NGINX, "-t", "-q", "-c", str(stack.folder / "nginx.conf")], capture_output=True, text=True
    )
    assert checked.returncode == 0
    assert "[warn]" not in checked.stderr


@pytest.mark.parametrize(
    "end", ["%0d%0aSet-Cookie:%20__Host-device=theirs", "%0d%0a%0d%0a<p>theirs", "?next=/theirs", ""]
)
def test_who_is_not_signed_in_cannot_have_prometheus_nor_write_headers(door: Door, end: str) -> None:
    answer = door.get(f"/prometheus/{end}")
    assert (answer.status, answer.headers["Location"]) == (303, "/sign-in?next=/prometheus/")
    assert answer.headers["Set-Cookie"] is None
    assert "script-src" in answer.headers["Content-Security-Policy"]
    assert b"theirs" not in answer.body


@pytest.mark.parametrize("kind", ["json", "csv", "ndjson", "adi"])
def test_what_is_long_comes_packed(door: Door, kind: str) -> None:
    answer = door.get(f"{SPOTS}.{kind}?{THAT_DAY}", **{"Accept-Encoding": "gzip"})
    assert answer.status == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(gzip.decompress(answer.body)) > 3 * len(answer.body)
    assert "Accept-Encoding" in ",".join(answer.headers.get_all("Vary", []))


def test_who_has_it_already_is_told_so_packed_or_not(door: Door) -> None:
    path = f"{SPOTS}?{THAT_DAY}"
    for packing in ("identity", "gzip"):
        etag = door.get(path, **{"Accept-Encoding": packing}).headers["ETag"]
        again = door.get(path, **{"Accept-Encoding": packing, "If-None-Match": etag})
        assert (again.status, again.body) == (304, b"")


def test_refusals_come_through_as_they_are(door: Door) -> None:
    answer = door.get(SPOTS, Authorization="Bearer spk_" + "x" * 43)
    assert answer.status == 401
    assert answer.problem["detail"] == "This token is unknown, expired or revoked."
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert answer.headers.get_all("Access-Control-Allow-Origin") == ["*"]


def test_the_tokens_own_limit(door: Door, token: str) -> None:
    answers = [door.get(SPOTS + "?limit=1", Authorization=f"Bearer {token}") for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 5 + [429]
    assert answers[0].headers["RateLimit-Policy"] == '"minute";q=5;w=60'
    assert answers[5].problem["detail"] == "More than 5 requests in a minute."
    assert len(answers[5].headers.get_all("Retry-After")) == 1


def test_a_flood_from_one_address_is_stopped_at_the_door_and_nobody_else(door: Door) -> None:
    connections = [door.connect("127.0.0.2") for _ in range(200)]
    for connection in connections:
        connection.connect()
    for connection in connections:  # at the same moment, however slow the application is
        connection.request("GET", SPOTS, headers={"Authorization": "Bearer spk_" + "x" * 43})
    answers = []
    for connection in connections:
        response = connection.getresponse()
        answers.append(Answer(response.status, response.headers, response.read()))
        connection.close()
    stopped = [answer for answer in answers if answer.status == 429]
    assert {answer.status for answer in answers} == {401, 429}
    assert len(stopped) > 20
    flooded = stopped[0]
    assert "20 requests a second" in str(flooded.problem["detail"])
    assert flooded.headers.get_all("Retry-After") == ["1"]
    assert flooded.headers.get_all("Access-Control-Allow-Origin") == ["*"]
    assert "max-age" in flooded.headers["Strict-Transport-Security"]
    assert door.get(SPOTS, "127.0.0.3").status == 200
    assert door.get("/sign-in", "127.0.0.2").status == 200


def test_other_sites_may_ask_beforehand(door: Door) -> None:
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "GET"}
    answer = door.get(SPOTS, method="OPTIONS", **asked)
    assert answer.status == 204
    assert answer.headers.get_all("Access-Control-Allow-Origin") == ["*"]
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_when_the_application_is_away(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    stack.prepare_nginx()
    stack.start_nginx()
    try:
        door = Door(stack)
        answer = door.get(SPOTS)
        assert answer.status == 503
        assert "nothing is lost" in str(answer.problem["detail"])
        assert answer.headers.get_all("Retry-After") == ["10"]
        assert answer.headers.get_all("Access-Control-Allow-Origin") == ["*"]
        for path in ("/", "/prometheus/"):
            page = door.get(path)
            assert page.status == 503
            assert b"none is lost" in page.body
            assert page.headers["Content-Type"].startswith("text/html")
            assert page.headers["Access-Control-Allow-Origin"] is None
    finally:
        stack.stop_part("nginx")


class Client:
    """`spotkeeper spots` as somebody runs it on a machine of their own."""

    def __init__(self, door: Door) -> None:
        self.command = [
            sys.executable, "-m", "spotkeeper", "spots", "--server", f"localhost:{door.stack.ports['https']}",
            "--format", "json",
        ]  # fmt: skip
        kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        self.options: dict[str, Any] = {"env": kept | {"PYTHONPATH": os.pathsep.join(sys.path)}, "text": True}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*self.command, *arguments], capture_output=True, timeout=60, **self.options)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen([*self.command, *arguments], stdout=subprocess.PIPE, **self.options)


@pytest.fixture
def client(door: Door) -> Client:
    return Client(door)


def test_the_client_by_the_stations_own_authority(door: Door, client: Client) -> None:
    past = ("--since", "2026-01-05T00:00:00Z", "--until", "2026-01-06T00:00:00Z")
    shown = client.run("--ca-file", str(door.authority), *past)
    assert (shown.returncode, shown.stderr) == (0, "")
    spots = [json.loads(line) for line in shown.stdout.splitlines()]
    assert len({spot["id"] for spot in spots}) == len(spots) == 60
    assert {"id", "time", "dx", "frequency_khz"} <= set(spots[0])
    assert "is not trusted: self-signed certificate" in client.run().stderr


def test_the_client_follows_over_a_break_of_the_line(stack: Stack, door: Door, client: Client) -> None:
    arguments = ("--ca-file", str(door.authority), "--band", "10m", "--mode", "FM", "--since", "1h")

    def send(*calls: str) -> None:
        for call in calls:
            stack.tell_node("spot", f"F5AAA 29600.0 {call} FM")
            stack.tell_node("spot", f"F5AAA 14025.0 {call} CW")

    send("XX1AA")
    wait_until(lambda: b"XX1AA" in door.get(f"{SPOTS}?band=10m").body, 30)
    process = client.start(*arguments, "--follow")
    patience = threading.Timer(60, process.kill)  # what does not come is not waited for without an end
    patience.start()
    try:
        assert process.stdout
        shown = [json.loads(process.stdout.readline())]
        send("XX2BB")
        shown.append(json.loads(process.stdout.readline()))
        stack.stop_part("nginx")
        send("XX3CC")
        stack.start_nginx()
        send("XX4DD")
        shown += [json.loads(process.stdout.readline()) for _ in range(2)]
    finally:
        patience.cancel()
        process.terminate()
        process.communicate()
    assert [(spot["dx"], spot["band"]) for spot in shown[:2]] == [("XX1AA", "10m"), ("XX2BB", "10m")]
    assert {(spot["dx"], spot["band"]) for spot in shown[2:]} == {("XX3CC", "10m"), ("XX4DD", "10m")}
