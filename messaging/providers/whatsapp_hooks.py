"""What WhatsApp's webhook says: its handshake, its signature, its payload."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from batches.ledger import storable
from campaigns.states import OptOutSource
from messaging.identifiers import item_of
from messaging.news import LONGEST_REFERENCE, Heard, HeardFile, News, Report, ReportMalformed, Unwanted
from messaging.states import ReceiptWhat

from .whatsapp_status import reason_in_receipt

WHAT = {
    "sent": ReceiptWhat.SENT,
    "delivered": ReceiptWhat.DELIVERED,
    "read": ReceiptWhat.READ,
    "played": ReceiptWhat.READ,
    "failed": ReceiptWhat.FAILED,
}
NO_MORE_ADS = 131050


def handshake(query: Mapping[str, str], word: str) -> str | None:
    """The challenge to repeat, if the call knows our word."""
    given = query.get("hub.verify_token", "")
    if query.get("hub.mode") != "subscribe" or not hmac.compare_digest(given.encode(), word.encode()):
        return None
    return query.get("hub.challenge", "")[:200]


def is_signed(body: bytes, signature: str, app_secret: str) -> bool:
    """Whether `signature` (`sha256=…`) was made of just this body with the app's secret."""
    if not app_secret:
        return False
    ours = hmac.digest(app_secret.encode(), body, "sha256").hex()
    return hmac.compare_digest(f"sha256={ours}".encode(), signature.encode())


def read_report(body: bytes, phone_number_id: str) -> Report:
    """What the payload says about our number; what it says of others, or in fields we don't know, is not for us."""
    report = Report()
    try:
        payload = json.loads(body)
        for value in values(payload, phone_number_id):
            for status in value.get("statuses", ()):
                report.news += news_of(status)
                report.unwanted += no_more_ads(status)
            names = {one.get("wa_id"): one.get("profile", {}) for one in value.get("contacts", ())}
            report.heard += [heard_of(one, names) for one in value.get("messages", ())]
            report.unwanted += [one for one in map(preference_of, value.get("user_preferences", ())) if one]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError, OSError) as error:
        raise ReportMalformed(f"{type(error).__name__}: {error}"[:200]) from error
    return report


def values(payload: dict[str, Any], phone_number_id: str) -> Iterator[dict[str, Any]]:
    """The changes that are about our number."""
    for entry in payload["entry"]:
        for change in entry["changes"]:
            value = change["value"]
            about = value.get("metadata", {}).get("phone_number_id")
            if about is not None and str(about) == phone_number_id:
                yield value


def news_of(status: dict[str, Any]) -> list[News]:
    """A status as a receipt, under our own id where WhatsApp hands it back; nothing for statuses we don't follow."""
    ours, theirs = str(status.get("biz_opaque_callback_data") or ""), text(status["id"])
    what = WHAT.get(status["status"])
    if what is None:
        return []
    reason, words = "", ""
    if what is ReceiptWhat.FAILED:
        errors = status.get("errors") or [{}]
        reason, words = reason_in_receipt(errors[0])
    known_as = ours if item_of(ours) else theirs
    return [News(known_as[:200], what, moment(status["timestamp"]), reason, text(words))]


def no_more_ads(status: dict[str, Any]) -> list[Unwanted]:
    """Whoever has told WhatsApp to get no more from us."""
    if any(error.get("code") == NO_MORE_ADS for error in status.get("errors") or ()):
        why = _("Asked WhatsApp for no more of our messages")
        return [
            Unwanted(number(status["recipient_id"]), OptOutSource.PERSON, why, moment(status["timestamp"]))
        ]
    return []


def preference_of(preference: dict[str, Any]) -> Unwanted | None:
    """The same, said as a preference."""
    if preference.get("value") != "stop":
        return None
    why = _("Asked WhatsApp for no more of our messages")
    return Unwanted(number(preference["wa_id"]), OptOutSource.PERSON, why, moment(preference["timestamp"]))


def heard_of(message: dict[str, Any], names: dict[str, dict[str, Any]]) -> Heard:
    """A person's message as text; what isn't text is named by its type."""
    sender = message["from"]
    name = names.get(sender, {}).get("name", "")
    return Heard(
        text(message["id"])[:200],
        number(sender),
        body_of(message),
        moment(message["timestamp"]),
        text(name)[:200],
        files_of(message),
    )


def files_of(message: dict[str, Any]) -> tuple[HeardFile, ...]:
    """The picture, film, recording or document that the message is, by the id that WhatsApp gives it out for."""
    part = message.get(str(message.get("type", "")))
    if not isinstance(part, dict) or not part.get("mime_type") or not part.get("id"):
        return ()
    return (HeardFile(text(part["id"])[:LONGEST_REFERENCE], text(part.get("filename") or "")),)


def body_of(message: dict[str, Any]) -> str:
    kind = str(message.get("type", ""))
    part = message.get(kind) or {}
    match kind:
        case "text":
            return text(part["body"])
        case "button":
            return text(part["text"])
        case "interactive":
            chosen = part.get(str(part.get("type", ""))) or {}
            return text(chosen.get("title") or "[interactive]")
        case "reaction":
            return text(part.get("emoji") or "[reaction]")
    caption = part.get("caption", "") if isinstance(part, dict) else ""
    return text(f"[{kind or 'unsupported'}] {caption}".strip())


def moment(seconds: Any) -> datetime:
    """A Unix time as a moment."""
    return datetime.fromtimestamp(int(seconds), UTC)


def number(written: Any) -> str:
    """A number's digits."""
    return str(written).removeprefix("+")[:20]


def text(value: Any) -> str:
    """A text that PostgreSQL can keep."""
    return storable(str(value))
