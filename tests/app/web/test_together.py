"""What several requests ask for at the same moment is looked up once for all of them."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Condition, Event, get_ident

import psycopg
import pytest
from spotkeeper.web.together import Together

SECONDS = 10


class Lookup:
    """Goes on when it may, and tells how often it was begun."""

    def __init__(self) -> None:
        self.begun, self.may_end, self.times = Event(), Event(), 0

    def __call__(self) -> int:
        self.times += 1
        number = self.times
        self.begun.set()
        assert self.may_end.wait(SECONDS)
        return number


class Key:
    """Knows the threads that ask for it: it is looked up while nobody else can be."""

    def __init__(self) -> None:
        self._threads: set[int] = set()
        self._change = Condition()

    def __hash__(self) -> int:
        with self._change:
            self._threads.add(get_ident())
            self._change.notify_all()
        return 1

    def was_asked_for_by(self, threads: int) -> bool:
        """Waits until it was."""
        with self._change:
            return self._change.wait_for(lambda: len(self._threads) == threads, SECONDS)


@pytest.fixture
def requests() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as threads:
        yield threads


@pytest.fixture
def lookup() -> Iterator[Lookup]:
    lookup = Lookup()
    yield lookup
    lookup.may_end.set()


def test_one_after_the_other_each_gets_an_answer_of_its_own() -> None:
    together, numbers = Together(), iter(range(3))
    assert [together.get("key", lambda: next(numbers)) for _ in range(3)] == [0, 1, 2]


def test_who_comes_meanwhile_gets_an_answer_begun_later_and_all_of_them_the_same(
    requests: ThreadPoolExecutor, lookup: Lookup
) -> None:
    together, key = Together(), Key()
    first = requests.submit(together.get, key, lookup)
    assert lookup.begun.wait(SECONDS)
    others: list[Future[int]] = [requests.submit(together.get, key, lookup) for _ in range(5)]
    assert key.was_asked_for_by(6)
    assert together.get("another", lambda: "at once") == "at once"
    assert not any(other.done() for other in others)
    lookup.may_end.set()
    assert first.result(SECONDS) == 1
    assert {other.result(SECONDS) for other in others} == {2}


def test_whoever_waits_is_told_of_an_error_and_the_next_one_tries_again(
    requests: ThreadPoolExecutor, lookup: Lookup
) -> None:
    def broken() -> int:
        raise psycopg.OperationalError("away")

    together, key = Together(), Key()
    first = requests.submit(together.get, key, lookup)
    assert lookup.begun.wait(SECONDS)
    second = requests.submit(together.get, key, broken)
    assert key.was_asked_for_by(2)
    lookup.may_end.set()
    assert first.result(SECONDS) == 1
    with pytest.raises(psycopg.OperationalError):
        second.result(SECONDS)
    assert together.get(key, lambda: 3) == 3
