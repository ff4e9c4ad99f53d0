"""How long a node is left alone."""

import pytest
from spotkeeper.scraper.backoff import Backoff
from spotkeeper.scraper.dialect import EndReason


def waits(backoff: Backoff, reason: EndReason, times: int, seconds: float = 0, spots: int = 0) -> list[float]:
    return [backoff.after(reason, seconds, spots) for _ in range(times)]


def within(found: list[float], least: list[float]) -> bool:
    return all(low <= wait <= 1.5 * low for wait, low in zip(found, least, strict=True))


def test_it_doubles_from_ten_seconds_to_five_minutes() -> None:
    assert within(waits(Backoff(), "closed", 7), [10, 20, 40, 80, 160, 300, 300])


def test_a_connection_alone_is_no_reason_to_begin_anew() -> None:
    backoff = Backoff()
    waits(backoff, "unreachable", 4)
    assert within(waits(backoff, "closed", 1, seconds=5), [160])


def test_a_spot_begins_anew() -> None:
    backoff = Backoff()
    waits(backoff, "closed", 4)
    assert within(waits(backoff, "closed", 1, seconds=5, spots=1), [10])


def test_after_a_healthy_session_the_first_attempt_is_quick() -> None:
    backoff = Backoff()
    waits(backoff, "closed", 4)
    assert within(waits(backoff, "closed", 1, seconds=60), [1])
    assert within(waits(backoff, "closed", 2), [10, 20])


@pytest.mark.parametrize("reason", ["refused", "bumped"])
def test_a_refusal_is_asked_again_slowly_and_then_by_the_hour(reason: EndReason) -> None:
    backoff = Backoff()
    assert within(waits(backoff, reason, 3), [300, 300, 300])
    assert not backoff.given_up
    assert within(waits(backoff, reason, 2), [3600, 3600])
    assert backoff.given_up


def test_a_wrong_password_is_tried_daily_in_the_end() -> None:
    backoff = Backoff()
    found = [backoff.after("refused", 0, 0, "password") for _ in range(5)]
    assert within(found, [300, 300, 300, 86_400, 86_400])


def test_a_session_that_only_waited_for_its_death_is_not_healthy() -> None:
    assert within(waits(Backoff(), "silent", 3, seconds=210), [10, 20, 40])
    assert within(waits(Backoff(), "silent", 1, seconds=210, spots=1), [1])


def test_two_with_one_call_do_not_bump_each_other_at_once() -> None:
    assert within(waits(Backoff(), "bumped", 2, seconds=600, spots=9), [300, 300])
