"""Sums are made once for all who ask, and not more of them at a time than the database bears."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import psycopg
import pytest
from spotkeeper.web.api.sums_kept import AT_ONCE, MOST, STALE_SECONDS, Kept
from werkzeug.exceptions import ServiceUnavailable


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def beside() -> list[Callable[[], None]]:
    """What is to be done beside the requests, and waits there."""
    return []


@pytest.fixture
def kept(clock: Clock, beside: list[Callable[[], None]]) -> Kept:
    return Kept(clock, beside.append)


def broken() -> str:
    raise psycopg.OperationalError("away")


def never() -> str:
    raise AssertionError("made anew")


def test_a_value_is_made_anew_beside_the_requests(
    kept: Kept, clock: Clock, beside: list[Callable[[], None]]
) -> None:
    assert kept.get("sum", 10, lambda: "first") == "first"
    clock.now += 9
    assert kept.get("sum", 10, never) == "first"
    clock.now += 1
    assert kept.get("sum", 10, lambda: "second") == "first"
    assert kept.get("sum", 10, never) == "first"
    [make_anew] = beside
    make_anew()
    assert kept.get("sum", 10, never) == "second"


def test_a_value_that_is_too_old_is_waited_for(kept: Kept, clock: Clock) -> None:
    kept.get("sum", 10, lambda: "first")
    clock.now += 10 + STALE_SECONDS
    assert kept.get("sum", 10, lambda: "second") == "second"


def test_beside_the_requests_there_is_a_thread(clock: Clock) -> None:
    kept, made = Kept(clock), Event()
    kept.get("sum", 10, lambda: "first")
    clock.now += 10

    def second() -> str:
        made.set()
        return "second"

    kept.get("sum", 10, second)
    assert made.wait(20)


def test_keys_are_told_apart(kept: Kept) -> None:
    assert [kept.get(("sum", hours), 10, lambda hours=hours: hours) for hours in (1, 2)] == [1, 2]


def test_a_value_that_cannot_be_made_anew_stays_for_some_time(
    kept: Kept, clock: Clock, beside: list[Callable[[], None]]
) -> None:
    kept.get("sum", 10, lambda: "first")
    clock.now += 10
    for _ in range(2):
        assert kept.get("sum", 10, broken) == "first"
        beside.pop()()
    clock.now += STALE_SECONDS
    with pytest.raises(psycopg.OperationalError):
        kept.get("sum", 10, broken)


def test_a_failure_is_not_kept(kept: Kept) -> None:
    with pytest.raises(psycopg.OperationalError):
        kept.get("sum", 10, broken)
    assert kept.get("sum", 10, lambda: "first") == "first"


def test_those_who_ask_at_the_same_time_wait_for_one(kept: Kept) -> None:
    may_go, made = Event(), []

    def slow() -> str:
        made.append(1)
        assert may_go.wait(20)
        return "first"

    with ThreadPoolExecutor(3) as threads:
        answers = [threads.submit(kept.get, "sum", 10, slow) for _ in range(3)]
        may_go.set()
        assert [answer.result() for answer in answers] == ["first"] * 3
    assert len(made) == 1


def test_only_so_many_are_made_at_once(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spotkeeper.web.api.sums_kept.WAIT_SECONDS", 0.01)
    may_go = Event()
    begun = [Event() for _ in range(AT_ONCE)]

    def slow(number: int) -> int:
        begun[number].set()
        assert may_go.wait(20)
        return number

    with ThreadPoolExecutor(AT_ONCE) as threads:
        makers = [
            threads.submit(kept.get, number, 10, lambda number=number: slow(number))
            for number in range(AT_ONCE)
        ]
        assert all(event.wait(20) for event in begun)
        with pytest.raises(ServiceUnavailable):
            kept.get("one more", 10, never)
        may_go.set()
        assert [maker.result() for maker in makers] == [*range(AT_ONCE)]
    assert kept.get("one more", 10, lambda: "now") == "now"


def test_the_one_that_was_not_asked_for_longest_goes(kept: Kept) -> None:
    for number in range(MOST):
        kept.get(number, 10, lambda: "kept")
    kept.get(0, 10, never)
    kept.get(MOST, 10, lambda: "kept")
    assert kept.get(0, 10, never) == "kept"
    assert kept.get(1, 10, lambda: "made anew") == "made anew"
