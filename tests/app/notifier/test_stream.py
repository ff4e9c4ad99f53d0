"""/api/v1/stream over the whole way: database, notifier, the role's own nginx, and the dashboard."""

import json
import re
import ssl
from collections.abc import Callable, Iterator
from http.client import HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest
from spotkeeper.db import followed
from spotkeeper.db.search_wanted import Wanted

from tests.app.notifier.conftest import Scraper
from tests.app.notifier.test_nchan import MODULE, next_event
from tests.support.stack import NGINX_CONF, Stack

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not MODULE.exists(), reason="nchan is not installed (Debian: libnginx-mod-nchan)"),
]


@pytest.fixture(scope="module")
def filled(server: Any) -> str:
    return str(server.migrated())


@pytest.fixture(scope="module")
def stack(filled: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(
        tmp_path_factory.mktemp("stack"),
        node=["--rate", "0", "--solar-every", "0"],
        settings="[api]\nanonymous = true\nanonymous_requests_per_minute = 100000",
        filled=filled.removeprefix("dbname="),
    )
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def scraper(stack: Stack, filled: str) -> Iterator[Scraper]:
    with psycopg.connect(filled, user="scraper", autocommit=True) as connection:
        yield Scraper(connection)


@pytest.fixture
def follow(stack: Stack) -> Iterator[Callable[..., "Listener"]]:
    listeners = []

    def follow(last_id: str = "", **query: Any) -> Listener:
        listeners.append(Listener(stack, query, last_id))
        return listeners[-1]

    yield follow
    for listener in listeners:
        listener.close()


def connect(stack: Stack) -> HTTPSConnection:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return HTTPSConnection("127.0.0.1", stack.ports["https"], timeout=10, context=context)


class Listener:
    """A program that follows the stream."""

    def __init__(self, stack: Stack, query: dict[str, Any], last_id: str) -> None:
        self._connection = connect(stack)
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last_id} if last_id else {})
        self._connection.request("GET", f"/api/v1/stream?{urlencode(query, doseq=True)}", headers=headers)
        self.response: HTTPResponse = self._connection.getresponse()
        self.last_id = last_id

    def spots(self, number: int) -> list[dict[str, Any]]:
        assert self.response.status == 200, self.response.read()
        spots = []
        for _ in range(number):
            event = next_event(self.response)
            assert event["event"] == "spot"
            self.last_id = event["id"]
            spots.append(json.loads(event["data"]))
        return spots

    def comments(self, number: int) -> list[str]:
        return [spot["comment"] for spot in self.spots(number)]

    def close(self) -> None:
        self._connection.close()
        self.response.close()


def test_each_listener_gets_what_it_asked_for(follow: Callable[..., Listener], scraper: Scraper) -> None:
    everything = follow()
    people = follow(source="human")
    ten = follow(band=["10m", "6m"], mode="FM")
    dx = follow(dx="F5AAA", spotter_grid="JN", min_khz=14000, text="NEEDLE", mode_source="guessed")
    nobody = follow(dx="F5AAB")
    scraper.commit("machine cw")
    scraper.commit("human fm", source="h", band="10m", mode="FM")
    scraper.commit("human ssb", source="h", band="10m", mode="SSB")
    scraper.commit("fm needle", band="6m", mode="FM", guessed=True)
    scraper.commit("no band", source="h", band=None, mode=None)
    scraper.commit("fm", band="10m", mode="FM")
    assert everything.comments(6) == ["machine cw", "human fm", "human ssb", "fm needle", "no band", "fm"]
    assert people.comments(3) == ["human fm", "human ssb", "no band"]
    assert ten.comments(3) == ["human fm", "fm needle", "fm"]
    assert dx.comments(1) == ["fm needle"]
    scraper.commit("last")
    assert everything.comments(1) == ["last"]
    assert nobody.response.status == 200


def test_a_human_is_not_taken_for_the_skimmer_of_the_same_name(
    follow: Callable[..., Listener], scraper: Scraper
) -> None:
    everything, people = follow(), follow(source="human")
    scraper.commit("skimmer", spotter="W1AW")
    scraper.commit("human", source="h", spotter="W1AW")
    assert everything.comments(2) == ["skimmer", "human"]
    assert people.comments(1) == ["human"]


def test_who_does_not_know_events_gets_lines_of_json(stack: Stack, scraper: Scraper) -> None:
    connection = connect(stack)
    connection.request("GET", "/api/v1/stream?band=15m")
    response = connection.getresponse()
    assert response.status == 200
    scraper.commit("one", "two", band="15m")
    assert [json.loads(response.readline())["comment"] for _ in range(2)] == ["one", "two"]
    connection.close()
    response.close()


def test_spot_has_the_form_of_the_api(follow: Callable[..., Listener], scraper: Scraper) -> None:
    listener = follow(band="20m")
    (heard,) = scraper.commit("hello")
    (spot,) = listener.spots(1)
    assert spot["id"] == heard.id
    assert spot["frequency_khz"] == 14025.5
    assert spot["references"] == ["POTA:US-0001"]
    assert spot["time"].endswith("Z")


@pytest.mark.parametrize("query", [{}, {"band": ["20m", "15m"]}])
def test_forced_reconnect_misses_nothing_and_doubles_nothing(
    follow: Callable[..., Listener], scraper: Scraper, query: dict[str, Any]
) -> None:
    wanted = [str(n) for n in range(100)]
    listener, heard = follow(**query), []
    for start in range(0, 100, 10):
        scraper.commit(*wanted[start : start + 6])
        heard += listener.comments(3)
        listener.close()
        scraper.commit(*wanted[start + 6 : start + 10])
        listener = follow(listener.last_id, **query)
        heard += listener.comments(4 if start < 90 else 7)
        if start < 90:
            heard += listener.comments(3)
    assert heard == wanted


def test_buffers_are_bounded(follow: Callable[..., Listener], scraper: Scraper) -> None:
    listener = follow(band="30m")
    scraper.commit("first", band="30m")
    listener.spots(1)
    listener.close()
    for start in range(0, 800, 100):
        scraper.commit(*map(str, range(start, start + 100)), band="30m")
    scraper.commit("last", band="30m")
    everything = follow()
    scraper.commit("all are published")
    while everything.comments(1) != ["all are published"]:
        pass
    again = follow(listener.last_id, band="30m")
    comments = again.comments(600)
    assert comments == [*map(str, range(201, 800)), "last"]


def test_what_nobody_follows_any_more_is_forgotten(
    follow: Callable[..., Listener], scraper: Scraper, filled: str
) -> None:
    listener = follow(band="60m")
    scraper.commit("old", band="60m")
    listener.spots(1)
    listener.close()
    with psycopg.connect(filled, user="dashboard", autocommit=True) as connection:
        connection.execute("UPDATE followed SET until = now() - interval '1 second'")
    follow(band="80m")
    everything = follow()
    scraper.commit("the notifier has looked")
    assert everything.comments(1) == ["the notifier has looked"]
    again = follow("1:0", band="60m")
    scraper.commit("new", band="60m")
    assert again.comments(1) == ["new"]


def test_no_message_expires_by_time() -> None:
    """Who comes back for one that did would end nginx's worker (nchan 1.3.6, 1.3.7)."""
    text = NGINX_CONF.read_text()
    publishers = re.findall(r"nchan_publisher .*?\n        \}", text, re.S)
    assert len(publishers) == 2
    assert all("nchan_message_timeout 0;" in publisher for publisher in publishers)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"band": "21m"}, "band: “21m” is not known"),
        ({"since": "1h"}, "since: There is no such parameter."),
        ({"limit": "5"}, "limit: There is no such parameter."),
        ({"min_khz": "nan"}, "min_khz: "),
        ({"min_khz": "5", "max_khz": "4"}, "max_khz: it is less than min_khz."),
        ({"dx": "A\0"}, "dx: "),
    ],
)
def test_what_cannot_be_followed_is_refused_by_its_name(
    follow: Callable[..., Listener], query: dict[str, str], words: str
) -> None:
    refused = follow(**query).response
    assert refused.status == 400
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert words in json.loads(refused.read())["detail"]


def test_so_many_searches_and_no_more(follow: Callable[..., Listener], filled: str) -> None:
    with psycopg.connect(filled, user="dashboard", autocommit=True) as connection:
        names = {followed.follow(connection, Wanted(text=f"x{n}")) for n in range(followed.MOST + 1)}
        assert None in names
        assert follow(dx="F5AAC").response.status == 429
        assert follow().response.status == 200
        # One that is followed already takes no place of its own.
        assert follow(text="x0").response.status == 200
        connection.execute("UPDATE followed SET until = now() - interval '1 s'")
        assert follow(dx="F5AAC").response.status == 200
        [(left,)] = connection.execute("SELECT count(*) FROM followed").fetchall()
        assert left == 1


def test_channel_cannot_be_reached_past_the_application(stack: Stack) -> None:
    connection = connect(stack)
    connection.request("GET", "/live/channel/spots")
    assert connection.getresponse().status == 404
    connection.close()
