"""The API of triggers as an OpenAPI document, and as a page. XML has the same fields: docs/api/triggers.md shows it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from batchadmin.accounts.api.documents import operations_of, schemas_of
from batchadmin.lib.strict_json import EXACT
from messaging.triggers.asked import Matching

from .views import LONGEST_REQUEST_ID

Schema = dict[str, Any]
PATH = "/api/v1.1/campaigns/triggers"
WORDS = """Launch a trigger for profiles that you name.

Each request carries a token of a manager or an owner: `Authorization: Bearer bat_…`, or `token` in the body. Bodies are JSON or
XML, by `Content-Type`; `format` says what the answer is. HTTP status and `error` agree. A `Request-ID` that comes again gets the
first answer, with `Duplicate-Request: true`."""

TEXT: Schema = {"type": "string"}
OBJECT: Schema = {"type": "object"}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _told(schema: Schema, words: str) -> Schema:
    return {**schema, "description": words}


def _object(words: str, required: list[str], properties: Schema) -> Schema:
    return {"type": "object", "description": words, "required": required, "properties": properties}


NUMBER = {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]{1,19}$"}]}
# Digits are kept, however many; a number with a point or an exponent as long as each whole number has one of its own.
EXACTLY = {"type": "number", "exclusiveMinimum": -EXACT, "exclusiveMaximum": EXACT}
VALUE = {"anyOf": [{"type": "string"}, {"type": "integer"}, EXACTLY]}
BY = {
    "email": _told(VALUE, "E-mail address"),
    "phone": _told(VALUE, "Phone number, such as +79000000000"),
    "profile_id": _told(VALUE, "The profile's number"),
    "provider": _told(VALUE, "Push provider"),
    "subscription_id": _told(VALUE, "ID at the push provider"),
    "field_value": _told(VALUE, "The value of the field that field_name names"),
}
LAUNCH = {
    "token": _told({"anyOf": [TEXT, {"type": "null"}]}, "Where there is none in the header"),
    "format": _told({"enum": ["json", "xml", "", None]}, "The answer's form; json unless said otherwise"),
    "matching": _told(
        {"enum": [*Matching.values, "", None]}, "How profiles are found; by email unless said otherwise"
    ),
    "field_name": _told(
        {"anyOf": [TEXT, {"type": "null"}]}, "For custom and custom_sub: the field to search"
    ),
    "content": _told(OBJECT, "Read in the message as {apicontent.fieldname}"),
    "custom_data": _told(OBJECT, "Passed to the trigger's hooks"),
    "attach": {"type": "array", "items": _ref("File"), "description": "Files that go along, 25 MB in all"},
    "skip_triggers": _told({"type": "boolean"}, "This launch sets off no further automation"),
}
SCHEMAS = {
    "Profile": _object("Somebody, by what the matching asks for.", [], {**BY, "custom_data": OBJECT}),
    "File": _object(
        "A file.",
        ["header", "data"],
        {
            "header": _told(TEXT, "Its name"),
            "data": _told(TEXT, "data:application/pdf;base64,…"),
        },
    ),
    "Launch": _object(
        "A launch for many profiles.",
        ["trigger_id", "data"],
        {
            "trigger_id": _told(NUMBER, "The trigger"),
            "data": {
                "type": "array",
                "minItems": 1,
                "items": _ref("Profile"),
                "description": "Who it is for",
            },
            **LAUNCH,
        },
    ),
    "SingleLaunch": _object(
        "A launch for one profile, who stands at the root.",
        ["id"],
        {"id": _told(NUMBER, "The trigger"), **LAUNCH, **BY},
    ),
    "ProfileFound": _object("A profile that was launched for.", ["profile_id"], {"profile_id": TEXT}),
    "Launched": _object(
        "One for each profile that was matched and not skipped, in any order.",
        ["error", "error_text", "result"],
        {
            "error": {"const": 0},
            "error_text": TEXT,
            "result": {"type": "array", "items": _ref("ProfileFound")},
        },
    ),
    "TaskBegun": _object(
        "Where to ask how it went.",
        ["error", "error_text", "task_id"],
        {"error": {"const": 0}, "error_text": TEXT, "task_id": {"type": "string", "format": "uuid"}},
    ),
    "Task": _object(
        "How a task has gone so far.",
        ["error", "error_text", "task_id", "status", "asked", "not_launched", "result"],
        {
            "error": {"const": 0},
            "error_text": TEXT,
            "task_id": {"type": "string", "format": "uuid"},
            "status": {"enum": ["waiting", "finished", "failed"]},
            "asked": _told({"type": "integer"}, "Values that were named"),
            "not_launched": _told({"type": "integer"}, "Of them, those that led to nobody new"),
            "result": {"type": "array", "items": _ref("ProfileFound")},
            "messages": _told(OBJECT, "How many of its messages are where; absent while there are none"),
        },
    ),
    "Refusal": _object(
        "Why not.",
        ["error", "error_text", "error_debug"],
        {
            "error": _told({"type": "integer"}, "The HTTP status"),
            "error_text": _told(TEXT, "What that means, always in the same words"),
            "error_debug": _told(TEXT, "The cause"),
        },
    ),
}
REFUSALS = {
    "400": "Malformed, over a limit, or a trigger that can't be launched",
    "401": "No good token",
    "403": "The token may not",
    "405": "Another method",
    "429": "Too many requests in a minute",
}


def _answers(name: str, *more: str) -> Schema:
    refused = {**REFUSALS, **dict.fromkeys(more, "There is none")}
    shapes = {"200": (name, "Done"), **{status: ("Refusal", words) for status, words in refused.items()}}
    return {
        status: {
            "description": words,
            "content": {"application/json": {"schema": _ref(shape)}, "application/xml": {}},
        }
        for status, (shape, words) in sorted(shapes.items())
    }


def _post(operation: str, summary: str, takes: str, gives: str) -> Schema:
    repeated = {"name": "Request-ID", "in": "header", "required": False}
    words = "The same again gets the first answer. Printable ASCII characters."
    key = {"type": "string", "maxLength": LONGEST_REQUEST_ID}
    return {
        "operationId": operation,
        "tags": ["triggers"],
        "summary": summary,
        "parameters": [{**repeated, "schema": _told(key, words)}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref(takes)}}},
        "responses": _answers(gives),
    }


DOCUMENT: Schema = {
    "openapi": "3.1.0",
    "info": {"title": "Batchadmin triggers", "version": "1.1", "description": WORDS},
    "paths": {
        f"{PATH}/start_batch": {
            "post": _post("start_batch", "Launch for many profiles", "Launch", "Launched")
        },
        f"{PATH}/start": {"post": _post("start", "Launch for one profile", "SingleLaunch", "Launched")},
        f"{PATH}/start_batch_task": {
            "post": _post(
                "start_batch_task", "Launch for many profiles, and ask later", "Launch", "TaskBegun"
            )
        },
        f"{PATH}/task/{{task}}": {
            "get": {
                "operationId": "task",
                "tags": ["triggers"],
                "summary": "How a task went",
                "parameters": [
                    {
                        "name": "task",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string", "format": "uuid"},
                    }
                ],
                "responses": _answers("Task", "404"),
            }
        },
    },
    "components": {
        "schemas": SCHEMAS,
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
    },
    "security": [{"token": []}],
}


@require_GET
def openapi(request: HttpRequest) -> HttpResponse:
    """The description for programs; needs no token."""
    return JsonResponse(DOCUMENT)


@require_GET
def docs(request: HttpRequest) -> HttpResponse:
    """The same as a page, which needs no script."""
    context = {
        "title": DOCUMENT["info"]["title"],
        "description": DOCUMENT["info"]["description"],
        "groups": operations_of(DOCUMENT),
        "schemas": schemas_of(DOCUMENT),
    }
    return render(request, "api/docs.html", context)
