"""GET /api/v1/: a page to read about the API and to try it, made of its OpenAPI document.

It works without scripts: a form leads over /api/v1/try to the address it stands for.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from flask import Flask, redirect, render_template, request
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from spotkeeper.web.api.blueprint import PREFIX
from spotkeeper.web.api.document import Api

_PLACE = re.compile(r"\{([^}]+)\}")


class Parameter(NamedTuple):
    """An input of a form; `field` is its name there."""

    field: str
    name: str
    description: str
    choices: Sequence[str]
    is_list: bool
    is_number: bool
    is_required: bool
    hint: str
    example: str


class Operation(NamedTuple):
    """What can be asked for with GET at one path."""

    path: str
    anchor: str
    summary: str
    description: str
    parameters: list[Parameter]
    formats: list[str]


def add_to(app: Flask, api: Api) -> None:
    """Add the page, and where its forms lead."""
    document = api.spec.to_dict()
    groups = [
        (tag["description"], [operation for name, operation in _operations(document) if name == tag["name"]])
        for tag in document["tags"]
    ]
    paths = {operation.path for _, operations in groups for operation in operations}

    def page() -> str:
        return render_template("api.html", groups=groups, version=api.spec.version)

    def try_it() -> Response:
        """Raises BadRequest for a path that is not of the document or lacks a part."""
        path = request.args.get("path", "")
        if path not in paths:
            raise BadRequest("path: it is none of the API's.")
        query = []
        for field, value in request.args.items(multi=True):
            place, _, name = field.partition(".")
            if not value:
                continue
            if place == "path" and name:
                path = path.replace(f"{{{name}}}", quote(value, safe=""))
            elif place == "query":
                query.append((name, value))
        if missing := _PLACE.search(path):
            raise BadRequest(f"{missing[1]}: give it, it is part of the address.")
        return redirect(f"{path}?{urlencode(query)}" if query else path, 303)

    app.add_url_rule(f"{PREFIX}/", "api", page)
    app.add_url_rule(f"{PREFIX}/try", "api_try", try_it)


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, Operation]]:
    """Each with the name of its group."""
    for path, item in document["paths"].items():
        if "get" not in item:
            continue
        get = item["get"]
        given = [*item.get("parameters", ()), *get.get("parameters", ())]
        contents = get["responses"].get("200", {}).get("content", {})
        yield (
            get["tags"][0],
            Operation(
                path,
                re.sub(r"\W+", "-", path).strip("-"),
                get.get("summary", ""),
                get.get("description", ""),
                [_parameter(parameter) for parameter in given if parameter["in"] in ("path", "query")],
                list(contents),
            ),
        )


def _parameter(described: dict[str, Any]) -> Parameter:
    schema = described["schema"]
    is_list = schema.get("type") == "array"
    inner = schema["items"] if is_list else schema
    examples = inner.get("examples") or ([inner["default"]] if "default" in inner else [])
    return Parameter(
        field=f"{described['in']}.{described['name']}",
        name=described["name"],
        description=described.get("description", ""),
        choices=inner.get("enum", ()),
        is_list=is_list,
        is_number=inner.get("type") in ("integer", "number"),
        is_required=described.get("required", False),
        hint=_hint(inner),
        example=str(examples[0]) if examples else "",
    )


def _hint(schema: dict[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"{low} to {high}"
    return ""
