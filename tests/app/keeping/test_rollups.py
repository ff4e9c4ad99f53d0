"""`spotkeeper rollups rebuild`: the sums as the spots say them, and as they were kept."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from random import Random

import psycopg
import pytest
from spotkeeper.db import rollups
from spotkeeper.db.connection import Connection, connect

from tests.app.keeping.conftest import Login, month_before, some_spots, sums, wait_until
from tests.app.keeping.dropping import drop_month
from tests.support.spots import a_spot, add_spots

THIS_MONTH = datetime.now(UTC).date().replace(day=1)

SPOILED = [
    "DELETE FROM {table}",
    "UPDATE {table} SET {count} = {count} + 1",
    "DELETE FROM {table} WHERE ctid IN (SELECT ctid FROM {table} ORDER BY random() LIMIT 3)",
]
COUNTS = {"hours": "spots", "dxcc_hours": "spots", "calls": "spotted"}
EXTRA = {
    "hours": "INSERT INTO hours VALUES (now(), 'h', 'A', 'A', 'EU', 'EU', 7)",
    "dxcc_hours": "INSERT INTO dxcc_hours VALUES (now(), 5, 'h', 'A', 7)",
    "calls": "INSERT INTO calls VALUES ('N0BODY', now(), now(), NULL, NULL, 1, 0, 1)",
}


def nothing(_: str) -> None:
    pass


@pytest.fixture
def filled(owner: Connection, login: Login) -> Connection:
    """The owner's connection, after batches of three months, some of which came again."""
    scraper, random = login("scraper"), Random(5)
    months = [month_before(0), month_before(1), month_before(2)]
    batches = [some_spots(random, 60, *months) for _ in range(4)]
    for batch in [*batches, batches[0], batches[2]]:
        add_spots(scraper, *batch)
    return owner


@pytest.mark.parametrize("seed", range(4))
def test_sums_kept_live_are_what_the_spots_say_however_often_they_come(
    owner: Connection, login: Login, seed: int
) -> None:
    scraper, random = login("scraper"), Random(seed)
    months = [month_before(number) for number in range(random.randint(1, 4))]
    sent = []
    for _ in range(random.randint(2, 6)):
        sent.append(some_spots(random, random.choice([5, 50, 200]), *months))
        add_spots(scraper, *sent[-1])
        if random.random() < 0.6:
            again = random.choice(sent)
            add_spots(scraper, *random.sample(again, len(again) // 2), *some_spots(random, 10, *months))
        assert rollups.check(owner, nothing) == []
    kept = sums(owner)
    for statement in ("TRUNCATE hours", "TRUNCATE dxcc_hours", "TRUNCATE calls"):
        owner.execute(statement)
    rollups.rebuild(owner, THIS_MONTH, nothing)
    assert sums(owner) == kept


@pytest.mark.parametrize("table", COUNTS)
@pytest.mark.parametrize("statement", [*SPOILED, "extra"])
def test_whatever_was_spoiled_is_named_and_mended(filled: Connection, table: str, statement: str) -> None:
    kept = sums(filled)
    spoil = EXTRA[table] if statement == "extra" else statement.format(table=table, count=COUNTS[table])
    spoiled = filled.execute(spoil).rowcount
    before = sums(filled)
    found = rollups.check(filled, nothing)
    assert [(one.table, one.rows) for one in found] == [(table, spoiled)]
    assert sums(filled) == before, "to check changes nothing"
    assert rollups.rebuild(filled, THIS_MONTH, nothing) == found
    assert sums(filled) == kept
    assert rollups.check(filled, nothing) == []


def test_a_difference_is_told_in_words(owner: Connection, login: Login) -> None:
    time = int(month_before(1).timestamp())
    add_spots(login("scraper"), a_spot(time=time))
    owner.execute("UPDATE hours SET spots = 3")
    owner.execute("DELETE FROM calls WHERE call = 'F5AAA'")
    hours, calls = rollups.check(owner, nothing)
    when = f"{month_before(1):%Y-%m-%d %H:%M}"
    assert hours.examples == [f"{when} human 20m CW ??-??: is 3, should be 1"]
    assert calls.examples[0].startswith("F5AAA: is missing, should be - - ")


def test_months_that_were_dropped_stay_in_the_sums(filled: Connection, login: Login) -> None:
    kept = sums(filled)
    for source in ("machine", "human"):
        drop_month(filled, source, month_before(2))
    assert sums(filled) == kept
    assert rollups.check(filled, nothing) == []
    filled.execute("TRUNCATE calls")
    rollups.rebuild(filled, THIS_MONTH, nothing)
    assert sums(filled) == kept
    # And go on from there.
    add_spots(login("scraper"), *some_spots(Random(8), 50, *(month_before(number) for number in range(4))))
    assert rollups.check(filled, nothing) == []


def test_to_check_holds_nobody_up_and_sees_one_moment(filled: Connection, login: Login) -> None:
    scraper = login("scraper")
    scraper.execute("SET lock_timeout = '1s'")

    def meanwhile(_: str) -> None:
        add_spots(scraper, *some_spots(Random(9), 20, month_before(0), month_before(2)))

    assert rollups.check(filled, meanwhile) == []


def test_spots_of_this_month_are_taken_while_older_ones_are_summed_up(
    filled: Connection, login: Login
) -> None:
    scraper = login("scraper")
    scraper.execute("SET lock_timeout = '1s'")
    told = []

    def meanwhile(sentence: str) -> None:
        if "wait" not in "".join(told) + sentence:
            add_spots(scraper, *some_spots(Random(len(told)), 20, month_before(0)))
        elif "wait" in sentence:
            with pytest.raises(psycopg.errors.LockNotAvailable):
                add_spots(scraper, *some_spots(Random(77), 5, month_before(0)))
        told.append(sentence)

    assert rollups.rebuild(filled, THIS_MONTH, meanwhile) == []
    assert "new spots wait until the rest is summed up" in told
    assert rollups.check(filled, nothing) == []


def test_a_batch_that_stands_in_the_way_of_a_rebuild_is_stored_and_the_rebuild_is_done(
    database: str, filled: Connection, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds what the rebuild wants next, and waits for a month that the rebuild holds."""
    monkeypatch.setattr("spotkeeper.db.patience.PAUSE_SECONDS", 0.1)
    watcher = login("owner")
    batch = some_spots(Random(3), 40, month_before(0), month_before(2))

    def store() -> None:
        for _ in range(20):
            with suppress(psycopg.OperationalError), connect(database, "scraper", autocommit=True) as scraper:
                add_spots(scraper, *batch)
                return
        raise AssertionError("never stored")

    with ThreadPoolExecutor(1) as pool:
        stored = []

        def meanwhile(_: str) -> None:
            if not stored:
                stored.append(pool.submit(store))
                wait_until(watcher, "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'relation'")

        assert rollups.rebuild(filled, THIS_MONTH, meanwhile) == []
        stored[0].result()
    before = sums(filled)
    assert rollups.check(filled, nothing) == []
    add_spots(login("scraper"), *batch)
    assert sums(filled) == before, "all of the batch was stored"
