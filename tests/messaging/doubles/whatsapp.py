"""WhatsApp's Cloud API as Meta documents it: it checks token, path, headers and body, and answers in Meta's words."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .server import Answer, Request

TOKEN = "EAAJB-token"
APP_SECRET = "app-secret-0f1e2d"
PHONE_NUMBER_ID = "106540352242922"
ACCOUNT_ID = "102290129340398"


def failure(status: int, code: int, message: str, details: str = "") -> Answer:
    """An error in the form in which the Graph API gives it."""
    error: dict[str, Any] = {
        "message": f"(#{code}) {message}",
        "type": "OAuthException",
        "code": code,
        "fbtrace_id": "AK1mqb8N0ulnxmJPqsMPqbz",
    }
    if details:
        error["error_data"] = {"messaging_product": "whatsapp", "details": details}
    return Answer(status, {"error": error})


def signed(body: bytes, secret: str = APP_SECRET) -> str:
    """The signature header of a webhook's call."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@dataclass
class CloudApi:
    """`on_message` is asked for each well-formed message, and returns an answer of its own or None."""

    on_message: Callable[[dict[str, Any]], Answer | None] = lambda message: None
    messages: list[dict[str, Any]] = field(default_factory=list)  # those that it took
    templates: list[dict[str, Any]] = field(default_factory=list)  # of the account, whatever their status
    page: int = 2  # of the list of templates
    listed: int = 0  # how often it was asked for a page
    connections: set[int] = field(default_factory=set)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _lock: Any = field(default_factory=threading.Lock)

    def __call__(self, request: Request) -> Answer:
        with self._lock:
            self.connections.add(request.connection)
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return failure(401, 190, "Invalid OAuth access token - Cannot parse access token")
        if request.path == f"/v23.0/{PHONE_NUMBER_ID}" and request.method == "GET":
            return self._number(request)
        if request.path == f"/v23.0/{PHONE_NUMBER_ID}/messages" and request.method == "POST":
            return self._message(request)
        if request.path == f"/v23.0/{ACCOUNT_ID}/message_templates" and request.method == "GET":
            return self._list(request)
        return failure(400, 100, "Unsupported request. Object does not exist or missing permissions")

    def _number(self, request: Request) -> Answer:
        assert request.query["fields"] == "verified_name,display_phone_number,quality_rating"
        body = {"verified_name": "Glow", "display_phone_number": "+1 555-078-3881", "quality_rating": "GREEN"}
        return Answer(200, {**body, "id": PHONE_NUMBER_ID})

    def _list(self, request: Request) -> Answer:
        assert set(request.query["fields"].split(",")) >= {"name", "language", "status", "components"}
        start = int(request.query.get("after") or 0)
        self.listed += 1
        body: dict[str, Any] = {"data": self.templates[start : start + self.page], "paging": {}}
        if start + self.page < len(self.templates):
            next_page = f"https://graph.facebook.com{request.path}?after={start + self.page}"
            body["paging"] = {"cursors": {"after": str(start + self.page)}, "next": next_page}
        return Answer(200, body)

    def _message(self, request: Request) -> Answer:
        message = request.json
        problem = problem_of(request, message)
        if problem:
            return failure(400, 100, "Invalid parameter", problem)
        if message["type"] == "template" and self.templates:
            refused = refusal_of(message["template"], self.templates)
            if refused is not None:
                return refused
        own = self.on_message(message)
        if own is not None:
            return own
        with self._lock:
            self.messages.append(message)
            wamid = f"wamid.HBgLMTY0NjcwNDM1OTUVAgARGBI{next(self._numbers):06d}"
        to = message["to"]
        return Answer(
            200,
            {
                "messaging_product": "whatsapp",
                "contacts": [{"input": to, "wa_id": to}],
                "messages": [{"id": wamid}],
            },
        )


def problem_of(request: Request, message: dict[str, Any]) -> str:
    """What the API would mind about the request."""
    if request.headers.get("content-type") != "application/json":
        return "Content-Type must be application/json"
    if message.get("messaging_product") != "whatsapp" or message.get("recipient_type") != "individual":
        return "The parameter messaging_product is required."
    if not str(message.get("to", "")).isdigit():
        return "The parameter to is required."
    if len(message.get("biz_opaque_callback_data", "")) > 512:
        return "biz_opaque_callback_data is too long"
    kind = message.get("type")
    if kind == "text":
        return "" if 0 < len(message["text"]["body"]) <= 4096 else "text.body is too long"
    if kind != "template":
        return "The parameter type is not valid."
    template = message["template"]
    parameters = [one for part in template.get("components", ()) for one in part["parameters"]]
    if not template["name"] or not template["language"]["code"]:
        return "The parameter template.name is required."
    if any(one["type"] == "text" and ("\n" in one["text"] or not one["text"]) for one in parameters):
        return "Parameters can't have new-line characters"
    return ""


def refusal_of(template: dict[str, Any], templates: list[dict[str, Any]]) -> Answer | None:
    """What the API says to a template that isn't approved so, or is filled in wrongly; None for a good one."""
    known = [
        one for one in templates
        if (one["name"], one["language"], one["status"]) == (template["name"], template["language"]["code"], "APPROVED")
    ]  # fmt: skip
    if not known:
        return failure(404, 132001, "Template name does not exist in the translation")
    parts = {part["type"]: part for part in known[0]["components"]}
    sent = {part["type"]: part["parameters"] for part in template.get("components", ())}
    wanted = list(dict.fromkeys(re.findall(r"{{(\w+)}}", parts["BODY"]["text"])))
    body = sent.get("body", [])
    if len(body) != len(wanted):
        return failure(400, 132000, "Number of parameters does not match the expected number of params")
    named = known[0]["parameter_format"] == "NAMED"
    if [one.get("parameter_name") for one in body] != (wanted if named else [None] * len(wanted)):
        return failure(400, 100, "Invalid parameter", "Parameter name is missing or empty")
    kind = parts.get("HEADER", {}).get("format", "TEXT").lower()
    if [one["type"] for one in sent.get("header", [])] != ([kind] if "HEADER" in parts else []):
        return failure(400, 132012, "Parameter format does not match format in the created template")
    return refused_buttons(template, parts.get("BUTTONS", {}).get("buttons", []))


def refused_buttons(template: dict[str, Any], buttons: list[dict[str, Any]]) -> Answer | None:
    """What the API says to what is sent for the buttons."""
    wanted = {
        str(index): {"COPY_CODE": "copy_code"}.get(button["type"], "url")
        for index, button in enumerate(buttons)
        if button["type"] == "COPY_CODE" or "{{" in button.get("url", "")
    }
    sent = {
        part["index"]: part["sub_type"] for part in template.get("components", ()) if part["type"] == "button"
    }
    needed = {index: kind for index, kind in sent.items() if kind != "quick_reply"}
    return None if needed == wanted else failure(400, 131008, "Required parameter is missing", "Button")
