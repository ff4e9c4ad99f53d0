"""The OpenAPI document of the API."""

from functools import cached_property
from http import HTTPStatus

import flask_smorest  # type: ignore[import-untyped]
import marshmallow
import msgspec
from flask import Flask, Response, request
from marshmallow import fields
from werkzeug import Response as ResponseBase

from spotkeeper.web.account.session import COOKIE

VERSION = "1.0"
PROBLEM = "application/problem+json"
SECONDS_KEPT = 300
SECURITY = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token with the scope that is needed; /settings/tokens makes them",
    },
    "device": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "The cookie of a browser that is signed in",
    },
}


class ProblemSchema(marshmallow.Schema):
    """An RFC 9457 problem document."""

    title = fields.String(required=True, metadata={"description": "What kind of problem"})
    status = fields.Integer(required=True, metadata={"description": "The status of the answer again"})
    detail = fields.String(required=True, metadata={"description": "What is wrong, and with which parameter"})


class Api(flask_smorest.Api):  # type: ignore[misc]
    """Registers blueprints and describes them; errors are left to web/errors.py, which answers them all."""

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask) -> None:
        may_ask: list[dict[str, list[str]]] = [{"token": []}, {"device": []}]
        if app.config["ACCESS"].anonymous:
            may_ask.append({})
        app.config.update(
            API_TITLE="Spotkeeper",
            API_VERSION=VERSION,
            OPENAPI_VERSION="3.1.0",
            OPENAPI_URL_PREFIX="/api/v1",
            OPENAPI_JSON_PATH="openapi.json",
            API_SPEC_OPTIONS={"security": may_ask, "components": {"securitySchemes": SECURITY}},
        )
        super().__init__(app)

    @cached_property
    def _document(self) -> bytes:
        return msgspec.json.encode(self.spec.to_dict())

    def _openapi_json(self) -> ResponseBase:
        response = Response(self._document, content_type="application/json")
        response.add_etag()
        response.cache_control.max_age = SECONDS_KEPT
        return response.make_conditional(request)

    def _register_error_handlers(self) -> None:
        pass

    def _register_responses(self) -> None:
        problem = {"description": "A problem", "content": {PROBLEM: {"schema": self.ERROR_SCHEMA}}}
        for name in (self.DEFAULT_ERROR_RESPONSE_NAME, *(status.name for status in HTTPStatus)):
            self.spec.components.response(name, problem, lazy=True)  # those that a path names

    def _register_pagination_header(self) -> None:
        pass  # pages are told by cursors in the answers
