"""Postmark, SendGrid, Mailgun and Amazon SES as they document their sending: log-in, shape, answers, errors."""

from __future__ import annotations

import base64
import itertools
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.parser import BytesParser
from typing import Any

from .server import Answer, Request

KEY = "key-of-the-service"
KEY_ID = "AKIAIOSFODNN7EXAMPLE"
DOMAIN = "mg.example.com"


@dataclass(frozen=True)
class Mail:
    """What a service was given, as far as tests ask."""

    to: str
    subject: str
    text: str
    our_id: str
    raw: Any


@dataclass
class MailService:
    """`on_mail` is asked for each well-formed message, and returns an answer of its own or None."""

    on_mail: Callable[[Mail], Answer | None] = lambda mail: None
    mails: list[Mail] = field(default_factory=list)
    connections: set[int] = field(default_factory=set)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _lock: Any = field(default_factory=threading.Lock)

    def take(self, mail: Mail, request: Request, yes: Callable[[int], Answer]) -> Answer:
        own = self.on_mail(mail)
        if own is not None:
            return own
        with self._lock:
            self.mails.append(mail)
            self.connections.add(request.connection)
            return yes(next(self._numbers))

    def postmark(self, request: Request) -> Answer:
        """https://postmarkapp.com/developer/api/email-api"""
        if request.headers.get("x-postmark-server-token") != KEY:
            return Answer(401, {"ErrorCode": 10, "Message": "The server token is not valid."})
        if request.path == "/server":
            return Answer(200, {"ID": 1, "Name": "Glow"})
        assert request.path == "/email"
        content = request.json
        mail = Mail(
            content["To"], content["Subject"], content["TextBody"], content["Metadata"]["message"], content
        )
        return self.take(mail, request, lambda number: postmark_yes(content, number))

    def sendgrid(self, request: Request) -> Answer:
        """https://www.twilio.com/docs/sendgrid/api-reference/mail-send"""
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return Answer(401, {"errors": [{"message": "The provided authorization grant is invalid"}]})
        if request.path == "/v3/scopes":
            return Answer(200, {"scopes": ["mail.send"]})
        assert request.path == "/v3/mail/send"
        content = request.json
        person = content["personalizations"][0]
        our_id = {**content.get("custom_args", {}), **person.get("custom_args", {})}["message"]
        mail = Mail(
            person["to"][0]["email"], content["subject"], content["content"][0]["value"], our_id, content
        )
        return self.take(mail, request, lambda number: Answer(202, "", {"X-Message-Id": f"sg{number}"}))

    def mailgun(self, request: Request) -> Answer:
        """https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages"""
        if (
            request.headers.get("authorization")
            != "Basic " + base64.b64encode(f"api:{KEY}".encode()).decode()
        ):
            return Answer(401, "Forbidden")
        if request.path == f"/v3/domains/{DOMAIN}":
            return Answer(200, {"domain": {"name": DOMAIN, "state": "active"}})
        assert request.path == f"/v3/{DOMAIN}/messages"
        form = form_of(request)
        mail = Mail(form["to"], form["subject"], form["text"], form["v:message"], form)
        yes = {"message": "Queued. Thank you."}
        return self.take(mail, request, lambda number: Answer(200, {**yes, "id": f"<{number}.1@{DOMAIN}>"}))

    def amazon_ses(self, request: Request) -> Answer:
        """https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html"""
        signed = request.headers.get("authorization", "")
        if (
            not signed.startswith(f"AWS4-HMAC-SHA256 Credential={KEY_ID}/")
            or "/eu-central-1/ses/" not in signed
        ):
            return amazon_no(403, "UnrecognizedClientException", "The security token is invalid.")
        if request.path == "/v2/email/account":
            return Answer(200, {"SendingEnabled": True})
        assert request.path == "/v2/email/outbound-emails"
        raw = message_from_bytes(
            base64.b64decode(request.json["Content"]["Raw"]["Data"]), policy=policy.default
        )
        part = raw.get_body(("plain",))
        our_id = json.loads(raw["X-Metadata"])["message"]
        to = request.json["Destination"]["ToAddresses"][0]
        mail = Mail(to, raw["Subject"], part.get_content() if part else "", our_id, raw)
        return self.take(mail, request, lambda number: Answer(200, {"MessageId": f"ses-{number}"}))


def postmark_yes(content: dict[str, Any], number: int) -> Answer:
    """Postmark's answer to a message that it took."""
    submitted = {"To": content["To"], "SubmittedAt": "2026-05-04T10:15:00.0000000Z"}
    return Answer(200, {**submitted, "MessageID": f"pm-{number}", "ErrorCode": 0, "Message": "OK"})


def amazon_no(status: int, code: str, words: str) -> Answer:
    """An error in the form in which AWS gives it."""
    return Answer(status, {"message": words}, {"x-amzn-ErrorType": code})


def form_of(request: Request) -> dict[str, str]:
    """A multipart or plain form."""
    kind = request.headers["content-type"]
    if kind.startswith("application/x-www-form-urlencoded"):
        return request.form
    whole = f"Content-Type: {kind}\r\n\r\n".encode() + request.body
    parts = BytesParser(policy=policy.HTTP).parsebytes(whole).iter_parts()
    return {
        str(part.get_param("name", header="content-disposition")): bytes(
            part.get_payload(decode=True)
        ).decode()
        for part in parts
    }
