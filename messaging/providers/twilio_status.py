"""What an answer of Twilio's Messages API means. The policy of each documented code stands in `messaging/phone_reasons.py`.

answer                          policy       what follows
201 with a message's sid                     accepted
an error with a known code      final        refused
                                retry        provably not sent, tried again
                                slow down    throttled
                                pause        the channel pauses; nobody fails for it
an unknown code, or no JSON     401, 403     pause
                                429          throttled: Twilio counts requests at the same time
                                503          pause
                                other 4xx    refused, in Twilio's own words
                                other        ambiguous (500, 502 and 504 among them)
"""

from __future__ import annotations

from typing import Any

from batches.kinds import Answer, Verdict
from batches.reasons import Policy
from messaging.phone_reasons import TWILIO
from messaging.states import ReceiptWhat

from .base import ProviderFault
from .http_calls import LONGEST_DETAIL, Reply

POLICY = {reason.code: reason.policy for reason in TWILIO}
VERDICTS = {
    Policy.FINAL: Verdict.REFUSED,
    Policy.RETRY: Verdict.RETRY,
    Policy.SLOW_DOWN: Verdict.THROTTLED,
}
# A callback's status; what is on its way (accepted, scheduled, queued, sending) is no news.
WHAT = {
    "sent": ReceiptWhat.SENT,
    "delivered": ReceiptWhat.DELIVERED,
    "read": ReceiptWhat.READ,
    "undelivered": ReceiptWhat.FAILED,
    "failed": ReceiptWhat.FAILED,
    "canceled": ReceiptWhat.FAILED,
}


def answer_of(reply: Reply) -> Answer:
    """The answer to one message; raises ProviderFault where nothing can be sent at present."""
    if reply.ok:
        return accepted(reply)
    code, words = code_of(reply.body), words_of(reply)
    policy = POLICY.get(code)
    if policy is Policy.PAUSE:
        raise ProviderFault(code, words)
    if policy is not None:
        return Answer(VERDICTS[policy], code, words)
    return unlisted(reply, words)


def accepted(reply: Reply) -> Answer:
    """A yes carries the message's sid."""
    sid = reply.body.get("sid") if isinstance(reply.body, dict) else None
    if not isinstance(sid, str) or not sid:
        return Answer(Verdict.AMBIGUOUS, "garbage", reply.words)
    return Answer(Verdict.ACCEPTED, provider_id=sid[:200])


def unlisted(reply: Reply, words: str) -> Answer:
    """An answer without a code that we know, by its HTTP status."""
    if reply.status in (401, 403):
        raise ProviderFault("20003", words)
    if reply.status == 503:
        raise ProviderFault("503", words)
    if reply.status == 429:
        return Answer(Verdict.THROTTLED, "20429", words)
    if 400 <= reply.status < 500:
        return Answer(Verdict.REFUSED, "other", words)
    return Answer(Verdict.AMBIGUOUS, "unknown", words)


def code_of(body: Any) -> str:
    """An error's code; "" if there is none."""
    code = body.get("code") if isinstance(body, dict) else None
    return str(code) if isinstance(code, int) else ""


def words_of(reply: Reply) -> str:
    """What Twilio says of an error, with its code, for people to quote."""
    said = reply.body.get("message") if isinstance(reply.body, dict) else None
    return f"({code_of(reply.body)}) {said}"[:LONGEST_DETAIL] if said else reply.words


def reason_in_receipt(code: str) -> str:
    """The reason of a callback's ErrorCode."""
    return code if code in POLICY else "other"
