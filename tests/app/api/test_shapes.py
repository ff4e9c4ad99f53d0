"""What answers hold, whichever way they are written, is what the document says, and all of it."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

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
