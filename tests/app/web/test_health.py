"""What monitoring sees: health and metrics."""

from collections.abc import Callable

from flask import Flask

from tests.app.web.browser import Browser


def test_health_needs_no_sign_in_and_tells_nothing_more(browser: Browser) -> None:
    answer = browser.get("/health")
    assert (answer.status_code, answer.json) == (200, {"dashboard": "up", "database": "up"})


def test_health_takes_no_other_method(browser: Browser) -> None:
    answer = browser.send("POST", "/health")
    assert answer.status_code in (400, 405)
    assert answer.content_type == "application/problem+json"


def test_requests_and_sign_ins_are_counted(
    app: Flask, browser: Browser, add_user: Callable[..., None]
) -> None:
    add_user()
    browser.sign_in("anna", "wrong password")
    browser.sign_in("anna")
    browser.get("/spots")
    browser.get("/nowhere")
    browser.send("BREW", "/health")

    def value(name: str, **labels: str) -> float | None:
        return app.extensions["metrics"].registry.get_sample_value(f"spotkeeper_dashboard_{name}", labels)

    assert value("sign_ins_total", outcome="failure") == 1
    assert value("sign_ins_total", outcome="success") == 1
    assert value("sign_ins_total", outcome="slowed") == 0
    assert value("requests_total", endpoint="spots", method="GET", status="200") == 1
    assert value("requests_total", endpoint="unknown", method="GET", status="404") == 1
    assert value("requests_total", endpoint="unknown", method="other", status="405") == 1
    assert value("request_seconds_count", endpoint="spots") == 1
