"""Whatever is put into a parameter, by mistake or with intent: an error that names it, or a proper answer."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_from_bytes

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.app.api.whole import DOCUMENT, readings, whole_api

# Not in the document: for clients that exist.
OLD = {
    "/api/health": (),
    "/api/stats": (),
    "/api/spots": (
        "limit", "offset", "band", "min_freq", "max_freq", "dx_call", "spotter_call", "mode", "since",
            "until",
    ),
    "/api/spots/recent": ("limit", "hours"),
    "/api/bands": (),
    "/api/frequency/histogram": ("bins", "band", "hours"),
    "/api/activity/hourly": ("hours", "timezone"),
    "/api/callsigns/top": ("limit", "hours"),
}  # fmt: skip
HOSTILE = {
    "SQL": b"' OR 1=1; DROP TABLE spot_rows; --",
    "SQL in a number": b"1 UNION SELECT password_hash FROM users",
    "NUL": b"K1\0ABC",
    "a megabyte": b"9" * 1_000_000,
    "negative": b"-1",
    "far negative": b"-99999999999999999999",
    "beyond 32 bits": b"4294967296",
    "beyond 64 bits": b"99999999999999999999",
    "NaN": b"NaN",
    "infinity": b"inf",
    "beyond a float": b"1e999",
    "year 9999": b"9999-12-31T23:59:59Z",
    "beyond the calendar": b"9999-12-31T23:59:59-14:00",
    "before the calendar": b"0001-01-01T00:00:00+14:00",
    "no such day": b"2026-02-30T00:00:00Z",
    "an age of ages": b"99999999999999d",
    "empty": b"",
    "a blank": b" ",
    "wildcards": b"%_\\*?[",
    "a path": b"../../etc/passwd",
    "a time zone's path": b"../posix/Europe/Berlin",
    "commas": b"," * 1000,
    "many": b",".join(b"K%dABC" % number for number in range(5000)),
    "digits of another script": "٣".encode(),
    "a surrogate": b"\xed\xa0\x80",
    "not UTF-8": b"K1\xff\xfeABC",
    "Latin-1": "Köln".encode("latin-1"),
    "emoji": "📡".encode(),
    "a line break": b"x\r\nSet-Cookie: a=b",
    "a pattern that takes for ever": b"(a+)+" * 10,
}


@pytest.fixture(scope="module")
def app(server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with whole_api(server.migrated(), tmp_path_factory.mktemp("api")) as app:
        yield app


@pytest.fixture(scope="module")
def described(app: Flask) -> dict[str, Any]:
    document: dict[str, Any] | None = app.test_client().get(DOCUMENT).json
    assert document
    return document


@pytest.fixture(scope="module")
def parameters(described: dict[str, Any]) -> list[tuple[str, str]]:
    """Each path that is read, with the name of each parameter in its query."""
    found = {(path, parameter["name"]) for path, query in readings(described) for parameter in query}
    return sorted(found | {(path, name) for path, names in OLD.items() for name in names})


@pytest.fixture(scope="module")
def numbers(described: dict[str, Any]) -> set[tuple[str, str]]:
    """Those of them that take a number of 0 or more."""
    return {
        (path, parameter["name"])
        for path, query in readings(described)
        for parameter in query
        if parameter["schema"].get("type") in ("integer", "number")
        and parameter["schema"].get("minimum", 0) >= 0
    }


@pytest.fixture(scope="module")
def paths(described: dict[str, Any]) -> list[tuple[str, str]]:
    """What stands before and behind each parameter that is part of a path."""
    return [
        (before, behind)
        for template in described["paths"]
        if "{" in template
        for before, _, rest in [template.partition("{")]
        for _, _, behind in [rest.partition("}")]
    ]


def complaint(answer: TestResponse, name: str) -> str | None:
    """What is wrong with the answer, None when nothing is."""
    kind = answer.content_type or ""
    if answer.status_code == 429:
        return None  # too much of it at once
    if answer.status_code == 200:
        if "json" in kind and "ndjson" not in kind:
            json.loads(answer.text, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
        return None
    if not 400 <= answer.status_code < 500:
        return f"{answer.status_code} {answer.text[:200]}"
    if kind != "application/problem+json":
        return f"{answer.status_code} as {kind}"
    detail = (answer.json or {}).get("detail", "")
    if len(detail) > 2000:
        return f"an error of {len(detail)} characters"
    return None if name in detail else f"{answer.status_code} without its name: {detail[:200]}"


@pytest.mark.slow
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_value_is_refused_by_name_or_answered(
    app: Flask, parameters: list[tuple[str, str]], numbers: set[tuple[str, str]], kind: str
) -> None:
    client = app.test_client()
    wrong = []
    for path, name in parameters:
        answer = client.get(path, query_string=f"{name}={quote_from_bytes(HOSTILE[kind])}")
        said = complaint(answer, name)
        if answer.status_code == 200 and (path, name) in numbers and HOSTILE[kind].strip():
            said = f"taken for a number: {answer.text[:200]}"
        if said:
            wrong.append(f"{path}?{name}: {said}")
    assert not wrong, "\n".join(wrong)


def test_a_value_given_twice_is_refused_by_name_or_answered(
    app: Flask, parameters: list[tuple[str, str]]
) -> None:
    client = app.test_client()
    wrong = []
    for path, name in parameters:
        answer = client.get(path, query_string=f"{name}=1&{name}=2")
        if said := complaint(answer, name):
            wrong.append(f"{path}?{name}: {said}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ["bnad", "x' OR 1=1", "nul\0", "köln", "a" * 5000])
def test_an_unknown_parameter_is_refused_by_name(
    app: Flask, parameters: list[tuple[str, str]], name: str
) -> None:
    client = app.test_client()
    wrong = []
    for path in sorted({path for path, _ in parameters if path not in OLD}):
        answer = client.get(path, query_string=f"{quote(name)}=1")
        if answer.status_code != 400 or name[:3] not in (answer.json or {}).get("detail", ""):
            wrong.append(f"{path}: {answer.status_code} {answer.text[:200]}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("kind", [kind for kind in HOSTILE if HOSTILE[kind].strip()])
def test_a_hostile_part_of_a_path_is_refused_or_answered(
    app: Flask, paths: list[tuple[str, str]], kind: str
) -> None:
    client = app.test_client()
    wrong = []
    for before, behind in paths:
        answer = client.get(f"{before}{quote_from_bytes(HOSTILE[kind], safe='')}{behind}")
        if said := complaint(answer, ""):
            wrong.append(f"{before}…{behind}: {said}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "accept", ["text/html", "image/png", "*/*;q=x", ";;,", "application/json;q=0", "\xff"]
)
def test_a_strange_accept_header_breaks_nothing(
    app: Flask, parameters: list[tuple[str, str]], accept: str
) -> None:
    client = app.test_client()
    for path in sorted({path for path, _ in parameters}):
        answer = client.get(path, headers={"Accept": accept})
        assert answer.status_code < 500, (path, answer.text)
