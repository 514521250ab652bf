"""What an answer of WhatsApp's Cloud API means. The policy of each documented code stands in `messaging/phone_reasons.py`.

answer                                policy       what follows
200 with a message id                              accepted
an error with a known code            final        refused
                                      retry        provably not sent, tried again
                                      slow down    throttled
                                      pause        the channel pauses; nobody fails for it
                                      unknown      ambiguous
an unknown code, or no JSON           401, 403     pause
                                      429          throttled
                                      503          pause
                                      other 4xx    refused, in WhatsApp's own words
                                      other        ambiguous (502 and 504 among them)
"""

from __future__ import annotations

from typing import Any

from batches.kinds import Answer, Verdict
from batches.reasons import Policy
from messaging.phone_reasons import WHATSAPP

from .base import ProviderFault
from .http_calls import LONGEST_DETAIL, Reply

POLICY = {reason.code: reason.policy for reason in WHATSAPP}
VERDICTS = {
    Policy.FINAL: Verdict.REFUSED,
    Policy.SKIP: Verdict.REFUSED,
    Policy.RETRY: Verdict.RETRY,
    Policy.SLOW_DOWN: Verdict.THROTTLED,
    Policy.UNKNOWN: Verdict.AMBIGUOUS,
}
# Seconds until it makes sense to come back: the limits of app and account count by the hour.
WAITS = {"4": 60.0, "80007": 60.0, "130429": 2.0, "131056": 60.0}


def answer_of(reply: Reply) -> Answer:
    """The answer to one message; raises ProviderFault where nothing can be sent at present."""
    if reply.ok:
        return accepted(reply)
    error = error_of(reply.body)
    code = code_of(error)
    words = words_of(error) or reply.words
    policy = POLICY.get(code)
    if policy is Policy.PAUSE:
        raise ProviderFault(code, words)
    if policy is not None:
        return Answer(VERDICTS[policy], code, words, wait=WAITS.get(code))
    return unlisted(reply, words)


def accepted(reply: Reply) -> Answer:
    """A yes carries the message's id; one that doesn't is no yes that we know of."""
    messages = reply.body.get("messages") if isinstance(reply.body, dict) else None
    first = messages[0] if isinstance(messages, list) and messages else None
    provider_id = first.get("id") if isinstance(first, dict) else None
    if not isinstance(provider_id, str) or not provider_id:
        return Answer(Verdict.AMBIGUOUS, "garbage", reply.words)
    return Answer(Verdict.ACCEPTED, provider_id=provider_id[:200])


def unlisted(reply: Reply, words: str) -> Answer:
    """An answer without a code that we know, by its HTTP status."""
    if reply.status in (401, 403):
        raise ProviderFault("190", words)
    if reply.status == 503:
        raise ProviderFault("503", words)
    if reply.status == 429:
        return Answer(Verdict.THROTTLED, "130429", words)
    if 400 <= reply.status < 500:
        return Answer(Verdict.REFUSED, "other", words)
    return Answer(Verdict.AMBIGUOUS, "unknown", words)


def error_of(body: Any) -> dict[str, Any]:
    """The error of an answer; empty if there is none."""
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def code_of(error: dict[str, Any]) -> str:
    """The error's code as our tables have it: all missing permissions are one."""
    code = error.get("code")
    if not isinstance(code, int):
        return ""
    return "10" if 200 <= code <= 299 else str(code)


def words_of(error: dict[str, Any]) -> str:
    """What WhatsApp says of an error, with its code, for people to quote."""
    data = error.get("error_data")
    said = error.get("message") or error.get("title") or ""
    details = data.get("details", "") if isinstance(data, dict) else ""
    words = ": ".join(str(part) for part in (said, details) if part)
    code = error.get("code", "")
    if str(code) not in words:
        words = f"({code}) {words}"
    return words[:LONGEST_DETAIL] if error else ""


def reason_in_receipt(error: dict[str, Any]) -> tuple[str, str]:
    """The reason and the words of a receipt's error."""
    code = code_of(error)
    return (code if code in POLICY else "other"), words_of(error)
