"""What every part of the API has in common: how arguments are read and how it says no."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import flask
import marshmallow
from flask import Request, Response
from psycopg.errors import QueryCanceled
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy
from werkzeug.exceptions import BadRequest

from spotkeeper.web.account.chosen import shorten
from spotkeeper.web.errors import problem

PREFIX = "/api/v1"
LONGEST_NAME = 30
MOST_NAMED = 5


class _Parser(FlaskParser):
    """Reads the arguments of a request; what it does not know it refuses, by name."""

    DEFAULT_VALIDATION_STATUS = 400
    DEFAULT_UNKNOWN_BY_LOCATION = dict.fromkeys(FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, marshmallow.RAISE)

    def load_querystring(self, req: Request, schema: marshmallow.Schema) -> Any:
        """Raises BadRequest for what is given twice and can be but one."""
        for key, field in schema.fields.items():
            name = field.data_key or key
            times = len(req.args.getlist(name))
            if times > 1 and not isinstance(field, marshmallow.fields.List):
                raise BadRequest(f"{name}: give it once, not {times} times.")
        return MultiDictProxy(req.args, schema)

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
        messages = error.normalized_messages()  # type: ignore[no-untyped-call]
        raise BadRequest(" ".join(_said(messages)[:MOST_NAMED]))


View = TypeVar("View", bound=Callable[..., Any])

if TYPE_CHECKING:

    class _Blueprint(flask.Blueprint):
        """What is used of flask_smorest's, which has no types."""

        description: str

        def arguments(
            self, schema: type[marshmallow.Schema] | marshmallow.Schema, *, location: str = "json"
        ) -> Callable[[View], View]: ...

        def response(
            self, status_code: int, schema: type[marshmallow.Schema] | None = None, **more: Any
        ) -> Callable[[View], View]: ...

        def alt_response(
            self, status_code: int, response: str | None = None, **more: Any
        ) -> Callable[[View], View]: ...

        @staticmethod
        def doc(**described: Any) -> Callable[[View], View]: ...

else:
    from flask_smorest import Blueprint as _Blueprint


class Blueprint(_Blueprint):
    """Paths under /api/v1 that belong together; their query, body and answers are described by schemas.

    A query argument that the schema does not have is an error, as is a value it cannot read: 400, a problem
    document that names it.
    """

    ARGUMENTS_PARSER = _Parser()

    def __init__(self, name: str, import_name: str, description: str, *, url_prefix: str = PREFIX) -> None:
        super().__init__(f"api-{name}", import_name, url_prefix=url_prefix)
        self.description = description
        self.register_error_handler(QueryCanceled, _too_slow)

    def arguments(
        self, schema: type[marshmallow.Schema] | marshmallow.Schema, *, location: str = "json"
    ) -> Callable[[View], View]:
        """As flask_smorest's; but a schema is made once, not for each request: that copies all its fields."""
        made = schema if isinstance(schema, marshmallow.Schema) else schema()
        return super().arguments(made, location=location)


def _too_slow(error: QueryCanceled) -> Response:
    return problem(
        504, "This took the database too long and was stopped. Narrow the search, in time or else."
    )


def _said(messages: Mapping[str, Any]) -> list[str]:
    """A sentence for each argument that is wrong."""
    return [
        f"{name if _is_plain(name) else shorten(str(name))}: {_first(found)}"
        for arguments in messages.values()
        for name, found in (arguments.items() if isinstance(arguments, Mapping) else [("", arguments)])
    ]


def _is_plain(name: Any) -> bool:
    return isinstance(name, str) and name.isidentifier() and len(name) <= LONGEST_NAME


def _first(found: Any) -> str:
    """The first message of a field, which lies deeper where the field holds several values."""
    while isinstance(found, Mapping):
        found = next(iter(found.values()))
    return str(found[0])
