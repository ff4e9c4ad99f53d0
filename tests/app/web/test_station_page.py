"""The page on which owners see whether the station is well."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from flask import Flask
from prometheus_client import CollectorRegistry
from spotkeeper import metrics
from spotkeeper.db.connection import Connection
from spotkeeper.status import Status

from tests.app.station.made_up import node, status
from tests.app.web.browser import Browser


@pytest.fixture
def olga(browser: Browser, add_user: Callable[..., None]) -> Browser:
    """The owner of the station, signed in."""
    add_user("olga", "owner")
    assert browser.sign_in("olga").status_code == 302
    return browser


@pytest.fixture
def scraper_says(app: Flask) -> Callable[[Status], None]:
    """Has somebody answer in the scraper's place."""

    def answer(said: Status) -> None:
        listening = metrics.listen(0)
        metrics.serve(listening, CollectorRegistry(), lambda: msgspec.json.encode(said))
        app.config["SCRAPER_PORT"] = listening.getsockname()[1]

    return answer


@pytest.mark.parametrize("role", ["viewer", "user"])
def test_it_is_for_owners_alone(browser: Browser, add_user: Callable[..., None], role: str) -> None:
    add_user("anna", role)
    browser.sign_in()
    assert browser.get("/station").status_code == 403
    assert "/station" not in browser.get("/").text


def test_owners_find_it_from_every_page(olga: Browser) -> None:
    assert 'href="/station"' in olga.get("/").text


def test_all_is_well(olga: Browser, scraper_says: Callable[[Status], None], owner: Connection) -> None:
    owner.execute("INSERT INTO tallies VALUES (now(), 'demo', 1234, 1200, 34, 5, 0, 0)")
    scraper_says(status())
    page = olga.get("/station")
    assert page.status_code == 200
    assert "The scraper is alive since 2025-11-25 02:55 UTC." in page.text
    assert "Nothing was lost in the last 7 days." in page.text
    assert page.text.count("<td>1,234</td>") == 2
    assert 'data-state="live"' in page.text
    assert 'class="troubles"' not in page.text


def test_trouble_is_shown_with_what_to_do(olga: Browser, scraper_says: Callable[[Status], None]) -> None:
    away = node(
        "<b>", phase="waiting", reason="refused", sentence="says 'Sorry <i>'", advice="Ask the <sysop>."
    )
    scraper_says(status(nodes=[node(), away]))
    page = olga.get("/station").text
    assert "&lt;b&gt;: says &#39;Sorry &lt;i&gt;&#39;" in page
    assert "Ask the &lt;sysop&gt;." in page


def test_a_scraper_that_does_not_answer_is_the_first_line(
    app: Flask, olga: Browser, add_spot: Callable[..., None]
) -> None:
    with metrics.listen(0) as taken:
        app.config["SCRAPER_PORT"] = taken.getsockname()[1]
    add_spot(minutes=0)
    page = olga.get("/station")
    assert page.status_code == 200
    assert "The scraper " in page.text
    assert "the last spot was stored at" in page.text
    assert 'data-state="away"' in page.text


def test_gaps_and_refused_lines_are_listed(
    olga: Browser, scraper_says: Callable[[Status], None], owner: Connection
) -> None:
    scraper_says(status())
    ended = datetime.now(UTC) - timedelta(hours=2)
    owner.execute(
        "INSERT INTO gaps (node, began, ended, reason, asked, answered, unrepaired_seconds)"
        " VALUES ('demo', %s, %s, 'silent', 100, 100, 240)",
        [ended - timedelta(minutes=10), ended],
    )
    owner.execute(
        "INSERT INTO refused_rows (node, received, line, reason) VALUES ('demo', %s, %s, 'too strange')",
        [ended, b"DX de F5AAA: \xff<script>"],
    )
    page = olga.get("/station").text
    assert "10 min, silent" in page
    assert "4 min not repaired, 100 spots of history" in page
    assert "too strange" in page
    assert "DX de F5AAA: \\377&lt;script&gt;" in page
    assert "4 min could not be repaired and 1 line could not be stored" in page


def test_the_room_on_the_disk_is_shown_by_month(
    app: Flask,
    olga: Browser,
    scraper_says: Callable[[Status], None],
    add_spot: Callable[..., None],
    owner: Connection,
) -> None:
    scraper_says(status())
    add_spot()
    app.config["KEEPING"] = msgspec.structs.replace(app.config["KEEPING"], disk=Path("/on/another/host"))
    owner.execute(
        "INSERT INTO last_keep (finished, disk_bytes, free_bytes) VALUES (now(), 25e9, 20e9)"
        " ON CONFLICT (one) DO UPDATE SET disk_bytes = 25e9, free_bytes = 20e9"
    )
    page = " ".join(olga.get("/station").text.split())
    assert "20.0 GB of 25.0 GB are free; 3.8 GB shall be" in page
    assert "At the rate of now that lasts for <strong>" in page
    month = rf'<th scope="row">{datetime.now(UTC):%Y-%m}</th><td>[\d,]+</td><td>[\d,]+</td><td>[\d.]+ MB</td>'
    assert re.search(month, page)
    assert "Kept: human spots for ever, machine spots 30 days" in page
