"""The document that describes the API, and the page to try it."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from spotkeeper.spots.model import Spot

DOCUMENT = "/api/v1/openapi.json"
PAGE = "/api/v1/"
OF_THE_PAGE = {PAGE, f"{PAGE}try", DOCUMENT}


def test_the_document_has_every_path_of_the_api(app: Flask, get: Callable[..., Any]) -> None:
    document = get(DOCUMENT)
    assert document["openapi"].startswith("3.1")
    there = {re.sub("<(?:[^:>]*:)?([^>]*)>", r"{\1}", rule.rule) for rule in app.url_map.iter_rules()}
    assert {path for path in there if path.startswith("/api/v1/")} - OF_THE_PAGE <= document["paths"].keys()
    assert document["paths"].keys() <= there


def test_the_document_says_how_a_program_may_ask(app: Flask, get: Callable[..., Any]) -> None:
    document = get(DOCUMENT)
    schemes = document["components"]["securitySchemes"]
    assert (schemes["token"]["type"], schemes["token"]["scheme"]) == ("http", "bearer")
    assert schemes["device"] == {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-device",
        "description": schemes["device"]["description"],
    }
    nobody: list[dict[str, Any]] = [{}] if app.config["ACCESS"].anonymous else []
    assert document["security"] == [{"token": []}, {"device": []}, *nobody]
    free = [path for path, item in document["paths"].items() if item["get"].get("security") == []]
    assert sorted(free) == ["/api/health", "/api/v1/health/live", "/api/v1/health/ready"]


def test_the_document_is_not_sent_twice(client: FlaskClient) -> None:
    tag = client.get(DOCUMENT).headers["ETag"]
    assert client.get(DOCUMENT, headers={"If-None-Match": tag}).status_code == 304


def test_all_that_a_spot_holds_is_described(
    get: Callable[..., Any], add: Callable[..., None], spot: Callable[..., Spot]
) -> None:
    add(spot())
    [told] = get("/api/v1/spots")["spots"]
    described = get(DOCUMENT)["components"]["schemas"]["Spot"]
    assert list(told) == list(described["properties"])
    assert all(field["description"] for field in described["properties"].values())


def test_the_page_has_a_form_for_every_path_and_all_its_parameters(
    client: FlaskClient, get: Callable[..., Any]
) -> None:
    page = client.get(PAGE).text
    forms = {
        html.unescape(path): set(re.findall(r'name="(?:query|path)\.([^"]+)"', form))
        for path, form in re.findall(r'<form.*?name="path" value="([^"]+)"(.*?)</form>', page, re.DOTALL)
    }
    described = {
        path: {
            parameter["name"]
            for parameter in item["get"].get("parameters", []) + item.get("parameters", [])
            if parameter["in"] in ("path", "query")
        }
        for path, item in get(DOCUMENT)["paths"].items()
        if "get" in item
    }
    assert forms == described


def test_the_page_needs_no_script_and_nothing_from_outside(client: FlaskClient) -> None:
    page = client.get(PAGE).text
    assert not re.search(r"<script(?! type=\"module\" src=)|<style|\son[a-z]+=|\sstyle=|javascript:", page)
    loaded = re.findall(r'(?:src|<link[^>]* href)="([^"]+)"', page)
    assert loaded and all(address.startswith("/static/") for address in loaded)
    assert all(client.get(address).status_code == 200 for address in loaded)


def test_a_form_leads_to_the_address_it_stands_for(client: FlaskClient) -> None:
    asked = {
        "path": "/api/v1/spots",
        "query.band": ["10m", "20m"],
        "query.text": "a b&c",
        "query.dx": "",
        "path.id": "x",
    }
    answer = client.get(f"{PAGE}try", query_string=asked)
    assert (answer.status_code, answer.location) == (303, "/api/v1/spots?band=10m&band=20m&text=a+b%26c")
    assert client.get(answer.location).status_code == 200
    asked = {"path": "/api/v1/spots/{id}", "path.id": "../a?b"}
    assert client.get(f"{PAGE}try", query_string=asked).location == "/api/v1/spots/..%2Fa%3Fb"


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("path=https://example.org/", "path: "),
        ("path=//example.org/", "path: "),
        ("", "path: "),
        ("path=/api/v1/spots/{id}&path.id=", "id: "),
    ],
)
def test_a_form_leads_nowhere_else(client: FlaskClient, query: str, named: str) -> None:
    answer = client.get(f"{PAGE}try?{query}")
    assert answer.status_code == 400
    assert answer.json["detail"].startswith(named)


def test_programs_are_refused_in_problem_documents(client: FlaskClient) -> None:
    for answer, status in (
        (client.post("/api/v1/spots", json={}), 405),
        (client.get("/api/v1/nothing"), 404),
    ):
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
