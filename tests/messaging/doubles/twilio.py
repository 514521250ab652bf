"""Twilio's Messages API as documented: basic auth, forms in, JSON out, errors with a code; and signed callbacks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .server import Answer, Request

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "token-of-twilio"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}"


def failure(status: int, code: int, message: str) -> Answer:
    """An error in the form in which Twilio gives it."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    return Answer(status, {"code": code, "message": message, "more_info": more, "status": status})


def signed(url: str, form: dict[str, str], token: str = TOKEN) -> str:
    """The signature header of a callback, after Twilio's own description of it."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@dataclass
class TwilioApi:
    """`on_message` is asked for each well-formed message, and returns an answer of its own or None."""

    on_message: Callable[[dict[str, str]], Answer | None] = lambda message: None
    status: str = "active"
    messages: list[dict[str, str]] = field(default_factory=list)  # those that it took
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _lock: Any = field(default_factory=threading.Lock)

    def __call__(self, request: Request) -> Answer:
        wanted = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {wanted}":
            return failure(401, 20003, "Authenticate")
        if request.path == f"{PATH}.json" and request.method == "GET":
            return Answer(200, {"sid": ACCOUNT, "friendly_name": "Glow", "status": self.status})
        if request.path == f"{PATH}/Messages.json" and request.method == "POST":
            return self._message(request)
        return failure(404, 20404, "The requested resource was not found")

    def _message(self, request: Request) -> Answer:
        if request.headers.get("content-type") != "application/x-www-form-urlencoded":
            return failure(400, 21602, "Message body is required")
        form = request.form
        if not form.get("From") and not form.get("MessagingServiceSid"):
            return failure(400, 21603, "A 'From' phone number is required.")
        if not form.get("To", "").removeprefix("+").isdigit():
            return failure(400, 21211, f"Invalid 'To' Phone Number: {form.get('To')}")
        own = self.on_message(form)
        if own is not None:
            return own
        with self._lock:
            self.messages.append(form)
            sid = f"SM{next(self._numbers):032x}"
        body = {"sid": sid, "status": "queued", "to": form["To"], "body": form["Body"], "error_code": None}
        return Answer(201, body)
