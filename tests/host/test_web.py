"""nginx and the dashboard, as anybody on the internet meets them."""

import time

import pytest
from conftest import Browser, Station


def test_http_leads_to_https(station: Station) -> None:
    answer = station.browser().get("/spots.csv?since=1h", scheme="http")
    assert answer.status == 308
    assert answer.headers["Location"] == f"https://{station.address}/spots.csv?since=1h"


@pytest.mark.parametrize(
    "path", ["/", "/spots.csv", "/settings", "/live/spots", "/prometheus/", "/prometheus/graph"]
)
def test_nothing_is_shown_without_a_sign_in(station: Station, path: str) -> None:
    answer = station.browser().get(path)
    assert answer.status in (302, 303, 401, 403)
    if answer.status in (302, 303):
        assert "/sign-in" in answer.headers["Location"]


def test_the_headers_are_strict(owner: Browser) -> None:
    headers = {name.lower(): value for name, value in owner.get("/").headers.items()}
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["strict-transport-security"].startswith("max-age=")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"]
    assert "/" not in headers.get("server", "")  # no version


def test_a_wrong_password_is_refused(station: Station) -> None:
    assert station.browser().sign_in("owner", "not the password").status == 401


def test_a_storm_of_sign_ins_is_slowed_and_nobody_else_is_shut_out(station: Station, owner: Browser) -> None:
    stranger = station.browser()
    answers = [stranger.sign_in("nobody", "guess").status for _ in range(40)]
    assert 429 in answers
    assert 500 not in answers
    assert owner.get("/").status == 200
    deadline = time.monotonic() + 60
    fresh = station.browser()
    while (status := fresh.sign_in("owner", station.secret("spotkeeper_owner")).status) == 429:
        assert time.monotonic() < deadline, "the owner is shut out by somebody else's guesses"
        time.sleep(2)
    assert status == 302


@pytest.mark.parametrize(
    "path", ["/nothing-here", "/spots?band=27m", "/spots?since=later", "/%00", "/spots.csv?mode=%FF"]
)
def test_what_makes_no_sense_is_answered_as_such(owner: Browser, path: str) -> None:
    assert 400 <= owner.get(path).status < 500
