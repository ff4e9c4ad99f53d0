"""What answers hold, whichever way they are written, is what the document says, and all of it."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from psycopg.rows import class_row
from spotkeeper.db import one_spot
from spotkeeper.db.search import search
from spotkeeper.db.search_wanted import Row, Wanted

from tests.app.api.whole import CALL, DOCUMENT, readings, whole_api


@pytest.fixture(scope="module")
def client(server: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    with whole_api(server.migrated(), tmp_path_factory.mktemp("api")) as app:
        yield app.test_client()


def test_every_answer_has_all_that_is_described_and_nothing_else(client: FlaskClient) -> None:
    document = client.get(DOCUMENT).json
    for schema in document["components"]["schemas"].values():
        schema |= {"additionalProperties": False, "required": list(schema["properties"])}
    [spot] = client.get("/api/v1/spots?limit=1").json["spots"]
    asked = {reading.path.replace(f"spots/{CALL}", f"spots/{spot['id']}") for reading in readings(document)}
    asked |= {"/api/v1/conditions?grid=JN18&within_km=20000", f"/api/v1/callsigns/{CALL}?grid=JN18&hours=720"}
    told = set()
    for path in asked:
        answer = client.get(path)
        if answer.status_code == 200 and answer.is_json:
            described = _described(document, path.partition("?")[0])
            Draft202012Validator(described | {"components": document["components"]}).validate(answer.json)
            told.add(path)
    assert len(told) >= len(asked) - len([".csv", ".ndjson", ".adi", "stream"])


def test_spots_are_those_of_the_view(client: FlaskClient) -> None:
    """Words are put in for keys by the search itself, and by the view for everybody else."""
    pool = client.application.extensions["pool"]
    with pool.connection() as connection, connection.cursor(row_factory=class_row(Row)) as cursor:
        columns = ", ".join(Row._fields)
        cursor.execute(f"SELECT {columns} FROM spots ORDER BY time DESC, key DESC, source")
        every = cursor.fetchall()
        assert search(connection, Wanted(), 1000).spots == every
        assert search(connection, Wanted(), 5, skip=3).spots == every[3:8]
        assert [one_spot.spot(connection, spot.time, spot.key) for spot in every] == every
        assert {spot.source for spot in every} == {"human", "machine"}


def _described(document: dict[str, Any], path: str) -> dict[str, Any]:
    """The schema of the answer in JSON."""
    fitting = [
        item["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        for template, item in document["paths"].items()
        if _fits(template, path)
    ]
    schema: dict[str, Any] = fitting[0]
    return schema


def _fits(template: str, path: str) -> bool:
    begin, brace, end = template.partition("{")
    end = end.partition("}")[2]
    return path == template or (bool(brace) and path.startswith(begin) and path.endswith(end))
