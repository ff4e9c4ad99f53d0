"""What every part of the API has in common: how arguments are read and how it says no."""

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import flask_smorest
import marshmallow
from flask import Request
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest

from spotkeeper.web.account.chosen import shorten

PREFIX = "/api/v1"


class _Parser(FlaskParser):
    """Reads the arguments of a request; what it does not know it refuses, by name."""

    DEFAULT_VALIDATION_STATUS = 400
    DEFAULT_UNKNOWN_BY_LOCATION = dict.fromkeys(FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, marshmallow.RAISE)

    def handle_error(
        self,
        error: marshmallow.ValidationError,
        req: Request,
        schema: marshmallow.Schema,
        *,
        error_status_code: int | None,
        error_headers: Mapping[str, str] | None,
    ) -> NoReturn:
        """Raises BadRequest, whose description names every argument that is wrong."""
        raise BadRequest(" ".join(_said(error.normalized_messages())[:8]))


class Blueprint(flask_smorest.Blueprint):
    """Paths under /api/v1 that belong together; their query, body and answers are described by schemas.

    A query argument that the schema does not have is an error, as is a value it cannot read: 400, a problem
    document that names it.
    """

    ARGUMENTS_PARSER = _Parser()

    def __init__(self, name: str, import_name: str, description: str, *, url_prefix: str = PREFIX) -> None:
        super().__init__(f"api-{name}", import_name, url_prefix=url_prefix, description=description)


def _said(messages: Mapping[str, Any]) -> list[str]:
    return [
        f"{shorten(str(name))}: {text}"
        for arguments in messages.values()
        for name, found in (arguments.items() if isinstance(arguments, Mapping) else [("", arguments)])
        for text in _texts(found)
    ]


def _texts(found: Any) -> Iterator[str]:
    """The messages of a field, which lie deeper where the field holds several values."""
    if isinstance(found, Mapping):
        for inner in found.values():
            yield from _texts(inner)
    else:
        yield from (str(text) for text in found)
