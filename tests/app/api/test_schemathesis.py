"""The API does what its own document says, by examples that schemathesis makes of it."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import positive_data_acceptance
from schemathesis.schemas import BaseSchema

from tests.app.api.whole import DOCUMENT, whole_api

EXAMPLES = 25
# Each may be right and both together wrong; the language of the document cannot say that, nor that a cursor
# is one that was given, nor that ADIF has fields of its own.
PAIRS = (
    ("since", "until"),
    ("min_khz", "max_khz"),
    ("min_km", "max_km"),
    ("min_freq", "max_freq"),
)


@pytest.fixture(scope="module")
def described(server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BaseSchema]:
    with whole_api(server.migrated(), tmp_path_factory.mktemp("api")) as app:
        yield schemathesis.openapi.from_wsgi(DOCUMENT, app)


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_is_as_described(described: BaseSchema, mode: GenerationMode) -> None:
    found = []
    for result in described.get_all_operations():
        operation = result.ok()
        try:
            try_examples(operation, mode)
        except Unsatisfiable:
            continue  # what takes nothing can be given nothing wrong
        except BaseException as error:
            found.append(f"{operation.label}: {error}")
    assert not found, "\n\n".join(found)


def asks_for_adif(case: Case) -> bool:
    return "adi" in f"{case.path_parameters} {(case.query or {}).get('format')} {case.headers}"


def try_examples(operation: APIOperation, mode: GenerationMode) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    def check(case: Case) -> None:
        given = case.query or {}
        may_clash = "cursor" in given or any(low in given and high in given for low, high in PAIRS)
        may_clash |= (
            "fields" in given and "adi" in f"{case.path_parameters} {given.get('format')} {case.headers}"
        )
        case.call_and_validate(excluded_checks=[positive_data_acceptance] if may_clash else None)

    check()
