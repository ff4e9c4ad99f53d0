"""How much history is asked for, and what an answer is worth."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from spotkeeper.scraper.gap import ANSWER_SECONDS, NEXT_SECONDS, Gap, Missed, Recent, Repair
from spotkeeper.settings import NodeKind

NOW = datetime(2026, 12, 1, 0, 10, 0, tzinfo=UTC).timestamp()


def past(seconds_ago: float, call: str = "K1ABC", cc11: bool = False) -> bytes:
    at = datetime.fromtimestamp(NOW - seconds_ago, UTC)
    day = f"{at.day:2}-{at:%b-%Y}"
    if cc11:
        return f"CC11^14025.0^{call}^{day.strip()}^{at:%H%M}Z^comment^F5AAA^226^42^GB7TST-2".encode()
    return f"  14025.0 {call:11} {day} {at:%H%M}Z {'comment':28}<F5AAA>".encode()


def live(seconds_ago: float, call: str = "K1ABC") -> bytes:
    at = datetime.fromtimestamp(NOW - seconds_ago, UTC)
    return f"DX de F5AAA:     14025.0  {call:12} {'comment':30} {at:%H%M}Z\a\a".encode()


def repaired(
    gap_seconds: float, answer: Sequence[bytes], recent: Recent | None = None, kind: NodeKind = "dxspider"
) -> tuple[bytes | None, Gap]:
    """The question and the judgement on an answer."""
    repair = Repair(kind, Missed(NOW - gap_seconds, "silent"), recent or Recent())
    question = repair.ask(NOW, clock=100)
    repair.take(repair.history_in(answer, NOW), NOW, clock=101)
    assert repair.ask_for_more(clock=102) is None
    gap = repair.judge()
    assert gap is not None
    return question, gap


def heard(spots: int, every: float, until_ago: float) -> Recent:
    recent = Recent()
    for n in range(spots):
        ago = until_ago + every * (spots - 1 - n)
        recent.add(NOW - ago, [live(ago, f"K1{n:03}A")])
    return recent


@pytest.mark.parametrize(
    ("every", "gap_seconds", "asked"),
    [(60, 60, 10), (10, 120, 27), (10, 600, 99), (1, 600, 100), (0.02, 2, 100)],
)
def test_the_question_fits_the_gap_and_the_traffic_before_it(
    every: float, gap_seconds: float, asked: int
) -> None:
    question, gap = repaired(gap_seconds, [], heard(50, every, gap_seconds))
    assert question == b"sh/dx %d" % gap.asked
    assert abs(gap.asked - asked) <= 1


@pytest.mark.parametrize(
    ("kind", "question"), [("cccluster", b"sh/dx 100"), ("arcluster", b"show/dx/100"), ("rbn", None)]
)
def test_each_kind_is_asked_in_its_words(kind: NodeKind, question: bytes | None) -> None:
    assert repaired(300, [], kind=kind)[0] == question


def test_a_network_without_history_repairs_nothing() -> None:
    _, gap = repaired(300, [], kind="rbn")
    assert (gap.asked, gap.answered, gap.unrepaired_seconds) == (0, 0, 300)
    assert (gap.began, gap.ended, gap.reason) == (NOW - 300, NOW, "silent")


def test_an_answer_that_reaches_back_repairs_all() -> None:
    _, gap = repaired(300, [past(10), past(200), past(400)])
    assert (gap.answered, gap.unrepaired_seconds) == (3, 0)


def test_no_answer_repairs_nothing() -> None:
    assert repaired(300, [])[1].unrepaired_seconds == 300


def test_an_answer_that_is_cut_leaves_the_part_before_its_oldest_minute() -> None:
    answer = [past(n, f"K1{n:03}A") for n in range(0, 200, 2)]
    _, gap = repaired(600, answer)
    assert (gap.asked, gap.answered) == (100, 100)
    # The oldest is of 0006Z; of that minute not all spots need be there, and the gap began at midnight.
    assert gap.unrepaired_seconds == 7 * 60


def test_an_answer_with_a_spot_from_before_the_gap_reaches_back() -> None:
    recent = heard(20, 0.1, until_ago=30)
    answer = [*(past(5, f"K2{n:03}A") for n in range(99)), past(30, "K1019A")]
    assert repaired(30, answer, recent)[1].unrepaired_seconds == 0
    assert repaired(30, answer)[1].unrepaired_seconds == 30


def test_more_is_asked_for_when_the_first_answer_does_not_reach_back() -> None:
    repair = Repair("dxspider", Missed(NOW - 300, "closed"), heard(20, 60, until_ago=300))
    assert repair.ask(NOW, clock=0) == b"sh/dx 10"
    repair.take([past(n, f"K2{n:03}A") for n in range(10)], NOW, clock=1)
    assert repair.due == 1
    assert repair.ask_for_more(clock=1) == b"sh/dx 100"
    assert repair.due == 1 + ANSWER_SECONDS
    repair.take([past(n, f"K2{n:03}A") for n in range(50)] + [past(400)], NOW, clock=2)
    assert repair.due == 2 + NEXT_SECONDS
    assert repair.ask_for_more(clock=5) is None
    gap = repair.judge()
    assert gap and (gap.asked, gap.answered, gap.unrepaired_seconds) == (100, 51, 0)
    assert not repair.pending


def test_a_node_that_is_new_has_no_gap() -> None:
    repair = Repair("dxspider", None, Recent())
    assert repair.ask(NOW, clock=0) == b"sh/dx 100"
    repair.take([past(3000)], NOW, clock=1)
    assert repair.ask_for_more(clock=4) is None
    assert repair.judge() is None


def test_cc11_is_history_by_its_age_while_an_answer_is_awaited() -> None:
    repair = Repair("dxspider", Missed(NOW - 900, "closed"), Recent())
    lines = [past(10, cc11=True), past(600, cc11=True), past(10), live(10), b"F5AAA de GB7TST-2 >"]
    assert repair.history_in(lines, NOW) == [past(10)]
    repair.ask(NOW, clock=0)
    assert repair.history_in(lines, NOW) == [past(600, cc11=True), past(10)]


def test_a_clock_that_was_set_back_makes_no_negative_gap() -> None:
    assert repaired(-7200, [past(10)])[1].seconds == 0
