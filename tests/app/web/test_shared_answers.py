"""Answers kept for everybody: asked of the database once, and never given to who may not have them."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from flask import Flask, Response, jsonify, request
from spotkeeper.settings import Api
from spotkeeper.web import create_app
from spotkeeper.web.api.shared import MOST_BYTES, Answers, same_for_all
from werkzeug.exceptions import BadRequest

from tests.app.web.browser import Browser, settings

PATH = "/api/v1/made-up-sums"


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Sums:
    """A view that counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.release: threading.Event | None = None
        self.entered = threading.Event()
        self.size = 0

    def __call__(self) -> Response:
        self.asked += 1
        self.entered.set()
        if self.release:
            assert self.release.wait(10)
        if "wrong" in request.args:
            raise BadRequest("wrong: is wrong.")
        return jsonify(asked=self.asked, padding="x" * self.size)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sums() -> Sums:
    return Sums()


@pytest.fixture
def app(database: str, tmp_path: Path, clock: Clock, sums: Sums) -> Iterator[Flask]:
    key = tmp_path / "secret_key"
    key.write_bytes(b"k" * 32)
    rules = Api(anonymous=True, anonymous_requests_per_minute=1000)
    app = create_app(msgspec.structs.replace(settings(database, key), api=rules))
    app.extensions["api-answers"] = Answers(clock)

    @same_for_all(10)
    def made_up() -> Response:
        return sums()

    app.add_url_rule(PATH, "made_up", made_up)
    yield app
    app.extensions["pool"].close()


def test_asked_once_for_as_long_as_it_is_good(browser: Browser, clock: Clock, sums: Sums) -> None:
    first = browser.get(PATH)
    assert first.headers["Cache-Control"] == "public, max-age=10"
    clock.now = 6
    again = browser.get(PATH)
    assert again.headers["Cache-Control"] == "public, max-age=4"
    assert (again.data, again.content_type) == (first.data, "application/json")
    assert sums.asked == 1
    clock.now = 10
    assert browser.get(PATH).json["asked"] == 2


def test_each_question_has_its_own_answer(browser: Browser, sums: Sums) -> None:
    for path in (PATH, f"{PATH}?band=20m", f"{PATH}?band=10m"):
        browser.get(path)
        browser.get(path)
    browser.get(PATH, Accept="text/csv")
    assert sums.asked == 4


def test_who_has_it_already_is_told_so(browser: Browser, sums: Sums) -> None:
    etag = browser.get(PATH).headers["ETag"]
    assert browser.get(PATH, **{"If-None-Match": etag}).status_code == 304
    assert browser.get(PATH, **{"If-None-Match": f"W/{etag}"}).status_code == 304  # as nginx's gzip makes it
    assert browser.get(PATH, **{"If-None-Match": '"other"'}).status_code == 200
    assert browser.get(PATH, **{"If-None-Match": '"other"'}).headers["ETag"] == etag
    assert sums.asked == 1


def test_it_is_given_only_to_who_may_have_it(browser: Browser, app: Flask) -> None:
    assert browser.get(PATH).status_code == 200
    app.config["ACCESS"] = Api(anonymous=False)
    assert browser.get(PATH).status_code == 401
    assert browser.get(PATH, Authorization="Bearer spk_" + "x" * 43).status_code == 401


def test_somebody_signed_in_gets_it_as_theirs(browser: Browser, anna: Browser) -> None:
    assert "private" in anna.get(PATH).headers["Cache-Control"]
    assert "Set-Cookie" not in Browser(anna.client.application).get(PATH).headers


def test_a_mistake_is_not_kept(browser: Browser, sums: Sums) -> None:
    for _ in range(2):
        assert browser.get(f"{PATH}?wrong=1").status_code == 400
    assert sums.asked == 2


def test_of_many_at_once_one_asks_and_the_others_wait(app: Flask, sums: Sums) -> None:
    sums.release = threading.Event()
    answers = ask_at_once(app, 8)
    assert sums.entered.wait(10)
    sums.release.set()
    assert [answer["asked"] for answer in answers()] == [1] * 8


def test_while_one_asks_anew_the_others_get_the_one_before(
    app: Flask, browser: Browser, clock: Clock, sums: Sums
) -> None:
    browser.get(PATH)
    clock.now = 15
    sums.release, sums.entered = threading.Event(), threading.Event()
    slow = ask_at_once(app, 1)
    assert sums.entered.wait(10)
    stale = browser.get(PATH)
    assert stale.json["asked"] == 1
    assert stale.headers["Cache-Control"] == "public, max-age=0"
    sums.release.set()
    assert [answer["asked"] for answer in slow()] == [2]
    assert browser.get(PATH).json["asked"] == 2


def test_what_is_kept_has_a_bound(browser: Browser, sums: Sums) -> None:
    sums.size = MOST_BYTES // 5
    for number in range(6):
        browser.get(f"{PATH}?n={number}")
    browser.get(f"{PATH}?n=5")
    assert sums.asked == 6
    browser.get(f"{PATH}?n=0")
    assert sums.asked == 7, "the one that was not asked for longest is gone"


def ask_at_once(app: Flask, number: int) -> Callable[[], list[dict[str, int]]]:
    """Asks from so many threads; the result waits for the answers."""
    answers: list[dict[str, int]] = []
    threads = [
        threading.Thread(target=lambda: answers.append(Browser(app).get(PATH).json)) for _ in range(number)
    ]
    for thread in threads:
        thread.start()

    def wait() -> list[dict[str, int]]:
        for thread in threads:
            thread.join(20)
        return answers

    return wait
