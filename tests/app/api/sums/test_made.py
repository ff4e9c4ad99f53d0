"""What is made of sums is made once, and nobody waits for it who may have the one before."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import NamedTuple

import pytest
from spotkeeper.web.api import sums_answers
from spotkeeper.web.api.sums_answers import Made

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
PATIENCE = 10


class Sums(NamedTuple):
    until: datetime


FIRST, NEXT, LATER = Sums(NOON), Sums(NOON + timedelta(seconds=10)), Sums(NOON + timedelta(hours=1))


def fail() -> str:
    raise AssertionError("was made again")


def test_is_made_once_for_the_same_sums() -> None:
    made = Made()
    assert made.get("a", FIRST, lambda: "first") == "first"
    assert made.get("a", FIRST, fail) == "first"
    assert made.get("b", FIRST, lambda: "other") == "other"
    assert made.get("a", NEXT, lambda: "next") == "next"


def test_whoever_still_has_older_sums_gets_what_is_newer() -> None:
    made = Made()
    made.get("a", NEXT, lambda: "next")
    assert made.get("a", FIRST, fail) == "next"


def test_while_one_makes_it_others_get_the_one_before() -> None:
    made = Made()
    made.get("a", FIRST, lambda: "first")
    begun, finish = Event(), Event()

    def slowly() -> str:
        begun.set()
        assert finish.wait(PATIENCE)
        return "next"

    with ThreadPoolExecutor(1) as others:
        making = others.submit(made.get, "a", NEXT, slowly)
        assert begun.wait(PATIENCE)
        assert made.get("a", NEXT, fail) == "first"
        finish.set()
        assert making.result(PATIENCE) == "next"


def test_what_is_too_old_is_nobodys_answer() -> None:
    made = Made()
    made.get("a", FIRST, lambda: "first")
    begun, finish = Event(), Event()

    def slowly() -> str:
        begun.set()
        assert finish.wait(PATIENCE)
        return "later"

    with ThreadPoolExecutor(2) as others:
        making = others.submit(made.get, "a", LATER, slowly)
        assert begun.wait(PATIENCE)
        waiting = others.submit(made.get, "a", LATER, fail)
        finish.set()
        assert [making.result(PATIENCE), waiting.result(PATIENCE)] == ["later", "later"]


def test_one_that_fails_leaves_it_to_the_next() -> None:
    made = Made()
    with pytest.raises(AssertionError, match="made again"):
        made.get("a", FIRST, fail)
    assert made.get("a", FIRST, lambda: "first") == "first"


def test_what_was_not_asked_for_longest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sums_answers, "MOST", 2)
    made = Made()
    for key in "ab":
        made.get(key, FIRST, lambda: "kept")
    made.get("a", FIRST, fail)
    made.get("c", FIRST, lambda: "kept")
    made.get("a", FIRST, fail)
    assert made.get("b", FIRST, lambda: "again") == "again"
