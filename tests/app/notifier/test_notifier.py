"""From COMMIT to the publisher: once, in order, through every interruption."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep

import psycopg
import pytest
from spotkeeper.db import followed
from spotkeeper.db.connection import Connection
from spotkeeper.db.search_wanted import Wanted

from tests.app.notifier.conftest import Nginx, Notifier, Scraper, until

pytestmark = pytest.mark.slow


@contextmanager
def database_away(conninfo: str) -> Iterator[None]:
    """Nobody but the superuser's sessions gets in, and those of the notifier are ended."""
    name = psycopg.conninfo.conninfo_to_dict(conninfo)["dbname"]
    with psycopg.connect(dbname="postgres", autocommit=True) as superuser:
        superuser.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        end_sessions(superuser, str(name))
        try:
            yield
        finally:
            superuser.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def end_sessions(superuser: psycopg.Connection[tuple[object, ...]], database: str) -> None:
    superuser.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = 'notifier'",
        [database],
    )


def test_spot_is_published_as_the_page_expects_it(notifier: Notifier, nginx: Nginx, scraper: Scraper) -> None:
    (heard,) = scraper.commit("CQ <b>ümlaut</b>")
    (spot,) = until(lambda: nginx.spots)
    time = datetime.fromisoformat(spot.pop("time"))
    assert timedelta(0) <= datetime.now(UTC) - time < timedelta(minutes=2)
    assert spot.pop("spotter").startswith("K")
    received = spot.pop("received")
    assert round(datetime.fromisoformat(received).timestamp() * 1000) == heard.received
    assert re.search(r"\.\d{3}Z$", received), "as /api/v1/spots has it"
    assert spot == {
        "id": heard.id,
        "dx": "F5AAA",
        "frequency_khz": 14025.5,
        "band": "20m",
        "mode": "CW",
        "mode_source": "said",
        "source": "machine",
        "snr_db": 23,
        "wpm": 25,
        "report": None,
        "comment": "CQ <b>ümlaut</b>",
        "dx_grid": None,
        "spotter_grid": "JN03",
        "dx_dxcc": None,
        "dx_continent": None,
        "dx_cq_zone": None,
        "dx_itu_zone": None,
        "spotter_dxcc": None,
        "spotter_continent": None,
        "spotter_cq_zone": None,
        "spotter_itu_zone": None,
        "distance_km": None,
        "bearing": None,
        "place_source": None,
        "propagation": None,
        "satellite": None,
        "qsx_khz": 14030.0,
        "references": ["POTA:US-0001"],
        "beacon": False,
        "node": "demo",
        "recovered": False,
    }
    assert nginx.headers[0]["X-EventSource-Event"] == "spot"
    assert nginx.headers[0]["Content-Type"] == "application/json"


def test_batches_keep_their_order_on_one_connection(
    notifier: Notifier, nginx: Nginx, scraper: Scraper
) -> None:
    wanted = [str(n) for n in range(200)]
    for start in range(0, 200, 20):
        scraper.commit(*wanted[start : start + 20])
    until(lambda: len(nginx.spots) == 200)
    assert nginx.comments == wanted
    assert nginx.connections == 1
    until(lambda: notifier.metric("spots_published_total") == 200)
    assert notifier.metric("spots_skipped_total") == 0
    assert notifier.metric("publish_failures_total") == 0
    assert notifier.metric("delay_seconds_count") == 200
    assert 0 < notifier.metric("delay_seconds_sum") / 200 < 10
    assert notifier.metric("database_up") == 1


def test_what_was_there_before_the_start_is_history(
    idle_notifier: Notifier, nginx: Nginx, scraper: Scraper
) -> None:
    scraper.commit("before")
    idle_notifier.start()
    scraper.commit("after")
    until(lambda: nginx.spots)
    assert nginx.comments == ["after"]


def test_goes_on_where_it_was_when_postgresql_comes_back(
    notifier: Notifier, nginx: Nginx, scraper: Scraper, database: str
) -> None:
    scraper.commit("one")
    until(lambda: nginx.comments == ["one"])
    with database_away(database):
        scraper.commit("two", "three")
        until(lambda: notifier.metric("database_up") == 0)
        told = len(notifier.states)
        until(lambda: any("Waiting for PostgreSQL" in state for state in notifier.states[told:]))
        scraper.commit("four")
    until(lambda: len(nginx.spots) == 4)
    scraper.commit("five")
    until(lambda: len(nginx.spots) == 5)
    assert nginx.comments == ["one", "two", "three", "four", "five"]
    assert notifier.metric("database_up") == 1


def test_sessions_ended_again_and_again_lose_and_double_nothing(
    notifier: Notifier, nginx: Nginx, scraper: Scraper, database: str
) -> None:
    wanted = [str(n) for n in range(100)]
    name = str(psycopg.conninfo.conninfo_to_dict(database)["dbname"])
    with psycopg.connect(dbname="postgres", autocommit=True) as superuser:
        for n in wanted:
            if int(n) % 20 == 10:
                end_sessions(superuser, name)
            scraper.commit(n)
    until(lambda: len(nginx.spots) >= 100)
    assert nginx.comments == wanted


def test_killed_and_started_again_goes_on_where_it_was(
    notifier: Notifier, nginx: Nginx, scraper: Scraper
) -> None:
    scraper.commit("one")
    until(lambda: notifier.metric("spots_published_total") == 1)
    sleep(0.2)  # for the place to be written
    notifier.kill()
    scraper.commit("two", "three")
    notifier.start()
    scraper.commit("four")
    until(lambda: len(nginx.spots) >= 4)
    assert nginx.comments == ["one", "two", "three", "four"]


def test_spots_wait_while_nginx_is_down(notifier: Notifier, nginx: Nginx, scraper: Scraper) -> None:
    scraper.commit("one")
    until(lambda: nginx.comments == ["one"])
    nginx.answer = 503
    scraper.commit("two")
    scraper.commit("three", "four")
    until(lambda: notifier.metric("publish_failures_total") >= 3)
    nginx.answer = 202
    until(lambda: len(nginx.spots) == 4)
    assert nginx.comments == ["one", "two", "three", "four"]
    until(lambda: notifier.metric("spots_published_total") == 4)
    assert notifier.metric("spots_skipped_total") == 0


def test_channels_that_nobody_follows_are_deleted_however_long_nginx_is_away(
    notifier: Notifier, nginx: Nginx, scraper: Scraper, database: str
) -> None:
    with psycopg.connect(database, user="dashboard", autocommit=True) as dashboard:

        def follow(text: str) -> str | None:
            return followed.follow(dashboard, Wanted(text=text))

        gone = {follow("one"), follow("two")}
        scraper.commit("they are known to the notifier")
        until(lambda: nginx.spots)
        dashboard.execute("UPDATE followed SET until = now() - interval '1 second'")
        nginx.answer = 503
        follow("three")
        until(lambda: nginx.asked_to_delete)
        assert len(nginx.asked_to_delete) == 1
        nginx.answer = 202
        nginx.asked_to_delete.clear()
        follow("four")
        until(lambda: len(nginx.asked_to_delete) == 2)
        assert set(nginx.asked_to_delete) == gone


def test_starts_without_nginx_and_feeds_the_watchdog_meanwhile(
    notifier: Notifier, nginx: Nginx, scraper: Scraper
) -> None:
    nginx.stop()
    scraper.commit("one")
    until(lambda: notifier.metric("publish_failures_total") >= 2)
    fed = notifier.states.count("WATCHDOG=1")
    until(lambda: notifier.states.count("WATCHDOG=1") > fed)
    nginx.start()
    until(lambda: nginx.comments == ["one"])


def test_of_a_long_outage_the_newest_are_published_and_the_others_counted(
    notifier: Notifier, nginx: Nginx, scraper: Scraper
) -> None:
    nginx.answer = 503
    wanted = [str(n) for n in range(2500)]
    scraper.commit(*wanted)
    until(lambda: notifier.metric("publish_failures_total") >= 1)
    nginx.answer = 202
    until(lambda: nginx.comments[-1:] == ["2499"], seconds=30)
    assert nginx.comments == wanted[500:]
    until(lambda: notifier.metric("spots_published_total") == 2000)
    assert notifier.metric("spots_skipped_total") == 500


def test_spot_that_nginx_refuses_holds_up_no_other(
    notifier: Notifier, nginx: Nginx, scraper: Scraper
) -> None:
    nginx.refused = {"two"}
    scraper.commit("one", "two", "three")
    until(lambda: len(nginx.spots) == 2)
    assert nginx.comments == ["one", "three"]
    assert notifier.metric("publish_failures_total") == 1
    assert notifier.metric("spots_skipped_total") == 1


def test_interleaved_commits_of_two_writers_are_published_once(
    notifier: Notifier, nginx: Nginx, scraper: Scraper, login: Callable[[str], Connection]
) -> None:
    other = Scraper(login("scraper"))
    with other.connection.transaction():
        slow = other.insert("slow 1")
        scraper.commit("fast 1")
        slow += other.insert("slow 2")
        scraper.commit("fast 2")
        other.tell(slow)
        until(lambda: len(nginx.spots) == 2)
    until(lambda: len(nginx.spots) >= 4)
    scraper.commit("last")
    until(lambda: "last" in nginx.comments)
    assert nginx.comments == ["fast 1", "fast 2", "slow 1", "slow 2", "last"]


def test_a_human_and_a_skimmer_of_one_name_are_two_spots(
    notifier: Notifier, nginx: Nginx, scraper: Scraper
) -> None:
    scraper.commit("skimmer", spotter="W1AW")
    until(lambda: nginx.comments == ["skimmer"])
    scraper.commit("human", source="h", spotter="W1AW")
    with scraper.connection.transaction():
        together = scraper.insert("skimmer again", spotter="W2AW")
        together += scraper.insert("human again", source="h", spotter="W2AW")
        scraper.tell(together)
    until(lambda: len(nginx.spots) >= 4)
    assert nginx.comments == ["skimmer", "human", "skimmer again", "human again"]
    assert nginx.spots[2]["id"] == nginx.spots[3]["id"]
    notifier.stop()
    notifier.start()
    scraper.commit("last")
    until(lambda: nginx.comments[-1] == "last")
    assert len(nginx.spots) == 5


def test_what_an_older_release_has_published_is_not_published_again(
    notifier: Notifier, nginx: Nginx, scraper: Scraper, tmp_path: Path
) -> None:
    scraper.commit("skimmer")
    scraper.commit("human", source="h")
    until(lambda: notifier.metric("spots_published_total") == 2)
    notifier.stop()
    memory = tmp_path / "published"
    memory.write_text(re.sub("-(human|machine) ", " ", memory.read_text()))
    notifier.start()
    scraper.commit("new")
    until(lambda: len(nginx.spots) >= 3)
    assert nginx.comments == ["skimmer", "human", "new"]


def test_late_commit_of_a_second_writer_is_found_after_a_restart_and_nothing_doubled(
    notifier: Notifier, nginx: Nginx, scraper: Scraper, login: Callable[[str], Connection]
) -> None:
    other = Scraper(login("scraper"))
    with other.connection.transaction():
        other.tell(other.insert("slow"))
        scraper.commit("one", "two")
        until(lambda: notifier.metric("spots_published_total") == 2)
        until(lambda: nginx.comments == ["one", "two"])
        assert notifier.stop() < 5
    notifier.start()
    scraper.commit("three")
    until(lambda: len(nginx.spots) >= 4)
    assert nginx.comments == ["one", "two", "slow", "three"]


def test_what_sh_dx_brought_is_published_though_it_is_older(
    notifier: Notifier, nginx: Nginx, scraper: Scraper
) -> None:
    scraper.commit("now")
    scraper.commit("an hour ago", minutes=60)
    until(lambda: len(nginx.spots) == 2)
    assert nginx.comments == ["now", "an hour ago"]


def test_last_spot_of_a_station_that_was_empty_is_published_after_an_interruption(
    notifier: Notifier, nginx: Nginx, scraper: Scraper, database: str
) -> None:
    with database_away(database):
        scraper.commit("first ever")
        until(lambda: notifier.metric("database_up") == 0)
    until(lambda: nginx.spots)
    assert nginx.comments == ["first ever"]


def test_half_a_line_in_the_memory_does_no_harm(
    notifier: Notifier, nginx: Nginx, scraper: Scraper, tmp_path: Path
) -> None:
    scraper.commit("one")
    until(lambda: notifier.metric("spots_published_total") == 1)
    assert notifier.stop() < 5
    with (tmp_path / "published").open("a") as memory:
        memory.write("zzz")
    notifier.start()
    scraper.commit("two")
    until(lambda: len(nginx.spots) >= 2)
    assert nginx.comments == ["one", "two"]


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "x",
        "1 2",
        "[1, 2, 3]",
        "[null, null, null, null]",
        "[-1, 5, 1, 5]",
        "[9, 1, 9, 1]",
        "[0, 253402300799, 0, 253402300799999]",
        "[0, 1e30, 0, 1e30]",
        "[0, 9999999999999999, 0, 1]",
        "[1764000000, 1764000000, null, null]",
    ],
)
def test_notification_that_makes_no_sense_does_no_harm(
    notifier: Notifier, nginx: Nginx, scraper: Scraper, payload: str
) -> None:
    scraper.commit("one")
    until(lambda: nginx.spots)
    scraper.connection.execute("SELECT pg_notify('spots', %s)", [payload])
    scraper.commit("two")
    until(lambda: len(nginx.spots) == 2)
    assert nginx.comments == ["one", "two"]


def test_stops_at_once_when_idle(notifier: Notifier) -> None:
    assert notifier.stop() < 2
    until(lambda: notifier.states[-1] == "STOPPING=1")


def test_stops_in_time_while_nginx_does_not_answer(
    notifier: Notifier, nginx: Nginx, scraper: Scraper
) -> None:
    nginx.answer = None
    scraper.commit("one")
    until(lambda: notifier.metric("publish_failures_total") >= 1)
    assert notifier.stop() < 5


def test_is_ready_and_stops_in_time_without_postgresql(idle_notifier: Notifier, database: str) -> None:
    with database_away(database):
        idle_notifier.start()
        assert idle_notifier.metric("database_up") == 0
        assert idle_notifier.stop() < 5


def test_says_so_when_the_metrics_port_is_taken(notifier: Notifier) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "spotkeeper", "--settings", notifier.settings, "notify"],
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert second.returncode == 2
    sentence = f"spotkeeper: cannot serve metrics on 127.0.0.1:{notifier.port}: Address already in use\n"
    assert second.stderr == sentence
