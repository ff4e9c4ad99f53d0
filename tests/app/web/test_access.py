"""Who may see what, at every address there is."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from tests.app.web.browser import Browser

PUBLIC = ("/health", "/sign-in", "/static", "/invitation/", "/car/")


def paths(app: Flask) -> list[str]:
    """Where one of several words may stand, the first of them; other places stay as they are."""
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    return sorted(re.sub(r"<any\((\w+)[^)]*\):\w+>", r"\1", rule) for rule in rules)


def test_nobody_sees_anything_without_a_sign_in(app: Flask, browser: Browser) -> None:
    closed = [path for path in paths(app) if not path.startswith((*PUBLIC, "/api/"))]
    assert {"/", "/auth/check", "/confirm", "/settings/security", "/users", "/audit"} <= set(closed)
    for path in closed:
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
            answer = browser.send(method, path)
            assert answer.status_code in (302, 400, 401, 404, 405), (method, path, answer.status)
            assert "DX" not in answer.text.partition("<body")[2]
            if answer.status_code == 302:
                assert answer.location.startswith("/sign-in")


def test_the_api_answers_nobody_but_about_its_health(app: Flask, browser: Browser) -> None:
    below = [path for path in paths(app) if path.startswith("/api/") and "health" not in path]
    assert below
    for path in below:
        for method in ("GET", "HEAD"):
            assert browser.send(method, path).status_code == 401, (method, path)
        for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE"):
            assert browser.send(method, path).status_code == 405, (method, path)


@pytest.mark.parametrize("path", ["/spots.csv", "/auth/check"])
def test_programs_are_told_so_in_json(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")


def test_a_program_that_asks_for_json_gets_no_sign_in_page(browser: Browser) -> None:
    assert browser.get("/", Accept="application/json").status_code == 401


@pytest.mark.parametrize("path", ["/", "/spots?cursor=x", "/map", "/call/K1ABC"])
def test_htmx_is_sent_to_the_sign_in_as_a_whole_page(browser: Browser, path: str) -> None:
    shown = "https://dashboard.test/spots?band=20m&since=1h#live"
    answer = browser.get(path, **{"HX-Request": "true", "HX-Current-URL": shown})
    assert (answer.status_code, answer.text) == (204, "")
    assert answer.headers["HX-Redirect"] == "/sign-in?next=/spots?band%3D20m%26since%3D1h"
    for shown in ("https://dashboard.test/", "", "https://["):
        answer = browser.get(path, **{"HX-Request": "true", "HX-Current-URL": shown})
        assert answer.headers["HX-Redirect"] == "/sign-in"


@pytest.mark.parametrize(
    ("role", "asked", "status"),
    [
        ("viewer", "", 204),
        ("user", "", 204),
        ("viewer", "?role=user", 403),
        ("user", "?role=user", 204),
        ("user", "?role=owner", 403),
        ("owner", "?role=owner", 204),
        ("owner", "?role=viewer", 204),
        ("owner", "?role=admin", 400),
        ("owner", "?role=%00", 400),
        ("owner", "?role=", 400),
    ],
)
def test_nginx_is_told_who_may(
    browser: Browser, add_user: Callable[..., None], role: str, asked: str, status: int
) -> None:
    add_user("anna", role)
    browser.sign_in()
    assert browser.get(f"/auth/check{asked}").status_code == status


def test_a_viewer_looks_and_changes_nothing(browser: Browser, add_user: Callable[..., None]) -> None:
    add_user("anna", "viewer")
    browser.sign_in()
    assert browser.get("/spots?band=20m").status_code == 200
    assert browser.get("/spots").status_code == 200, "its filters are not remembered"
    assert "Settings" not in browser.get("/spots").text
    assert browser.get("/settings").status_code == 403


def test_pages_are_not_kept_by_anybody(anna: Browser) -> None:
    for path in ("/", "/settings", "/spots.csv", "/health", "/nowhere"):
        assert anna.get(path).headers["Cache-Control"] == "no-store"


def test_scripts_and_styles_are_kept_for_ever_under_an_address_of_their_content(browser: Browser) -> None:
    address = re.search(r'href="(/static/[0-9a-f]{12}/sign-in.css)"', browser.get("/sign-in").text)
    assert address
    answer = browser.get(address[1])
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in answer.headers
    assert browser.get(address[1].replace("sign-in.css", "../templates/layout.html")).status_code == 404
    assert browser.get("/static/000000000000/sign-in.css").status_code == 404
