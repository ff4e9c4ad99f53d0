"""What cannot be answered is said in plain words, with a status of 4xx, and changes nothing."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from spotkeeper.db.connection import Connection
from spotkeeper.web import create_app

from tests.app.web.browser import Browser, settings


def test_an_unknown_page(anna: Browser, browser: Browser) -> None:
    for path in ("/nowhere", "/static/", "/spots.csv/", "/%00", "/..%2f..%2fetc/passwd", "/" + "x" * 4000):
        answer = browser.get(path)
        assert answer.status_code == 404, path
        assert "There is nothing at this address." in answer.text


def test_an_unknown_page_as_a_problem_document(browser: Browser) -> None:
    answer = browser.get("/nowhere", Accept="application/json")
    assert answer.content_type == "application/problem+json"
    assert answer.json == {
        "title": "No such page",
        "status": 404,
        "detail": "There is nothing at this address.",
    }


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "BREW"])
def test_an_unknown_method(anna: Browser, method: str) -> None:
    answer = anna.send(method, "/settings")
    assert answer.status_code in (400, 405)
    assert "<h1>" in answer.text


def test_methods_that_are_taken_are_named(anna: Browser) -> None:
    answer = anna.send("BREW", "/")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("band=21m", "band: “21m” is not known"),
        ("band=20m&band=%00", "band:"),
        ("mode=usb", "mode: “usb” is not known"),
        ("mode=" + "x" * 3000, "mode: “xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…”"),
        ("source=robot", "source: “robot” is not known. There are human, machine."),
        ("source=human&source=machine", "source: give it once"),
        ("since=1e309h", "since:"),
        ("since=99999999999999999999", "since:"),
        ("since=-1h", "since:"),
        ("since=1h&since=3h", "since: give it once"),
        ("until=yesterday", "“until”: There is no such parameter."),
        ("%3Cscript%3E=1", "“&lt;script&gt;”: There is no such parameter."),
        ("band=%ff%fe", "band:"),
    ],
)
@pytest.mark.parametrize("path", ["/spots", "/spots.csv"])
def test_an_unknown_filter_is_named_and_not_remembered(
    anna: Browser, owner: Connection, path: str, query: str, named: str
) -> None:
    answer = anna.get(f"{path}?{query}")
    assert answer.status_code == 400
    said = answer.json["detail"] if path == "/spots.csv" else answer.text.partition("<main")[2]
    assert named.replace("&lt;", "<").replace("&gt;", ">") in said or named in said
    assert len(said) < 1000
    assert owner.execute("SELECT count(*) FROM user_settings").fetchone() == (0,)


def test_too_much_at_once(anna: Browser) -> None:
    assert anna.send("POST", "/settings", data={"name": "x" * 100_000}).status_code == 413


def test_a_fault_of_ours_shows_no_traceback(
    app: Flask, anna: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spotkeeper.db import latest

    monkeypatch.setattr(latest, "newest", lambda connection: 1 / 0)
    answer = anna.get("/spots")
    assert answer.status_code == 500
    assert "Something broke" in answer.text
    assert "ZeroDivisionError" not in answer.text


class TestDatabaseAway:
    @pytest.fixture
    def browser(self, tmp_path, request: pytest.FixtureRequest) -> Browser:
        key = tmp_path / "secret_key"
        key.write_bytes(b"k" * 32)
        app = create_app(settings("host=127.0.0.1 port=1 dbname=nowhere", key))
        request.addfinalizer(app.extensions["pool"].close)
        browser = Browser(app)
        browser.client.set_cookie("__Host-device", "some token", domain="proxy")
        return browser

    @pytest.mark.parametrize("path", ["/", "/settings"])
    def test_pages_say_so_in_plain_words(self, browser: Browser, path: str) -> None:
        before = datetime.now()
        answer = browser.get(path)
        assert answer.status_code == 503
        assert "The database is away" in answer.text
        assert answer.headers["Retry-After"] == "5"
        assert (datetime.now() - before).total_seconds() < 4

    def test_programs_get_a_problem_document(self, browser: Browser) -> None:
        for path in ("/spots.csv", "/auth/check"):
            answer = browser.get(path)
            assert (answer.status_code, answer.content_type) == (503, "application/problem+json")

    def test_health_says_it(self, browser: Browser) -> None:
        answer = browser.get("/health")
        assert (answer.status_code, answer.json) == (503, {"dashboard": "up", "database": "away"})

    def test_the_page_to_sign_in_is_there(self, browser: Browser) -> None:
        browser.client.delete_cookie("__Host-device", domain="proxy")
        assert browser.get("/sign-in").status_code == 200
        assert browser.sign_in().status_code == 503


def test_a_connection_ended_by_the_server_is_replaced_unseen(
    anna: Browser, superuser_ends: Callable[[], int]
) -> None:
    assert anna.get("/").status_code == 200
    assert superuser_ends() >= 1
    assert anna.get("/").status_code == 200


def test_a_statement_that_takes_too_long_is_a_503(anna: Browser, owner: Connection) -> None:
    with owner.transaction():
        owner.execute("LOCK TABLE spots IN ACCESS EXCLUSIVE MODE")
        answer = anna.get("/spots")
    assert answer.status_code == 503
    assert anna.get("/spots").status_code == 200
