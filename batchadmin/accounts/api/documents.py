"""An OpenAPI document made into what a page shows: operations by group, and the documents they take and give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Schema = Mapping[str, Any]
METHODS = ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE")


@dataclass
class Part:
    """A parameter, or a field of a document."""

    name: str
    type: str
    required: bool
    description: str = ""
    link: str = ""  # the document that it is made of


@dataclass
class Operation:
    """One thing that can be asked for."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[Part] = field(default_factory=list)
    body: Part | None = None
    answers: list[Part] = field(default_factory=list)


@dataclass
class Shape:
    """A document and its fields."""

    name: str
    description: str
    fields: list[Part]


def operations_of(schema: Schema) -> dict[str, list[Operation]]:
    """The operations by their group, those that read first; the groups stand in the document's order."""
    groups: dict[str, list[Operation]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            group = (operation.get("tags") or ["Other"])[0]
            groups.setdefault(group, []).append(_operation(path, method, operation))
    for operations in groups.values():
        operations.sort(key=lambda one: (one.path.count("{"), one.path, METHODS.index(one.method)))
    return groups


def schemas_of(schema: Schema) -> list[Shape]:
    """The documents, by name."""
    shapes = schema.get("components", {}).get("schemas", {})
    return [_shape(name, shapes[name]) for name in sorted(shapes)]


def _operation(path: str, method: str, told: Schema) -> Operation:
    body = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return Operation(
        id=told["operationId"],
        method=method.upper(),
        path=path,
        summary=told.get("summary", ""),
        description=told.get("description", ""),
        parameters=[
            Part(one["name"], _type(one["schema"]), one.get("required", False), _words(one))
            for one in told.get("parameters", [])
        ],
        body=_part("body", body, required=told["requestBody"].get("required", False)) if body else None,
        answers=[
            _part(str(status), _answer(answer), required=True)
            for status, answer in sorted(told["responses"].items(), key=lambda one: str(one[0]))
        ],
    )


def _words(parameter: Schema) -> str:
    return str(parameter.get("description") or parameter["schema"].get("description") or "")


def _answer(answer: Schema) -> Schema:
    found: Schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return found


def _shape(name: str, schema: Schema) -> Shape:
    required = schema.get("required", [])
    fields = [
        _part(field_name, told, required=field_name in required)
        for field_name, told in schema.get("properties", {}).items()
    ]
    return Shape(name, schema.get("description", ""), fields)


def _part(name: str, schema: Schema, *, required: bool) -> Part:
    return Part(name, _type(schema), required, schema.get("description", ""), _link(schema))


def _link(schema: Schema) -> str:
    """The name of the first document that a schema refers to."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    below = [*schema.get("anyOf", []), *([schema["items"]] if isinstance(schema.get("items"), dict) else [])]
    return next((link for one in below if (link := _link(one))), "")


def _type(schema: Schema) -> str:
    """A type in a few words: "integer", "list of string", "Batch or null"."""
    if "$ref" in schema:
        return _link(schema)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(str(one) for one in schema["enum"] if one not in ("", None))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema["const"] if "const" in schema else schema.get("type") or "anything")
