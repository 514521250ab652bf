"""What an SMTP server's answer means: the whole policy of plain SMTP, as data.

where      2xx         4xx                      5xx                      lost, garbage
sender     go on       try again                the channel pauses       try again (nothing was begun)
recipient  go on       try again                provably refused         try again (nothing was begun)
final dot  accepted    provably not, try again  provably refused         ambiguous
421        slow down when it speaks of limits (4.7.x, "too many"), else try again
530, 535   the channel pauses: the server wants another log-in

A refusal of the sender is about us, whoever the message is for. So it fails nobody, and no address is taken for a dead one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from batches.kinds import Answer, Verdict
from messaging.reasons import SMTP_CODES

from .base import ProviderFault

ENHANCED = re.compile(r"^([245])\.(\d{1,3})\.(\d{1,3})\b")
SLOW_DOWN_WORDS = ("too many", "rate", "slow down", "throttl", "try again later")
LONGEST_DETAIL = 300
ACCEPTED = Answer(Verdict.ACCEPTED)

# Replies that are common without an enhanced code, and what they stand for when a recipient is named …
BASIC = {
    421: "4.4.1",
    450: "4.2.1",
    451: "4.3.0",
    452: "4.3.1",
    530: "5.7.8",
    535: "5.7.8",
    550: "5.1.1",
    551: "5.1.6",
    552: "5.2.2",
    553: "5.1.3",
    554: "5.7.1",
}
# … and when the message has been read: then the mailbox is there, and the message is what they don't want.
BASIC_AFTER_BODY = {**BASIC, 550: "5.7.1", 551: "5.7.1", 552: "5.3.4", 553: "5.7.1"}
RULES_WORDS = (
    "relay",
    "spam",
    "block",
    "blacklist",
    "denied",
    "policy",
    "spf",
    "dkim",
    "dmarc",
    "reputation",
)
# Enhanced codes that have no reason of their own, by class and subject (RFC 3463); the last for all others.
ALIKE = {"4.2": "4.2.1", "4.3": "4.3.0", "4.4": "4.4.1", "4.7": "4.7.1", "4": "4.0.0"}
ALIKE |= {f"5.{subject}": f"5.{subject}.0" for subject in range(1, 7)}
ALIKE |= {"5.7": "5.7.1", "5": "other"}
OUR_LOG_IN = frozenset({530, 534, 535, 538})


@dataclass(slots=True, frozen=True)
class Reply:
    """A server's answer: its code, and its text without the codes of the lines."""

    code: int
    text: str

    @property
    def ok(self) -> bool:
        return 200 <= self.code < 400

    @property
    def enhanced(self) -> str:
        """The enhanced status code, if there is one that fits the plain code; else ""."""
        found = ENHANCED.match(self.text)
        return found[0] if found and found[1] == str(self.code)[0] else ""

    @property
    def words(self) -> str:
        """What the server said, for people to quote."""
        return f"{self.code} {self.text}"[:LONGEST_DETAIL]

    @property
    def wants_log_in(self) -> bool:
        """Whether the server doesn't take our log-in, or wants one."""
        return self.code in OUR_LOG_IN or self.enhanced == "5.7.8"


def reason_for(reply: Reply, *, after_body: bool = False) -> str:
    """The code in the table of reasons for a reply that is not a yes."""
    given = reply.enhanced
    if not given:
        basic = (BASIC_AFTER_BODY if after_body else BASIC).get(reply.code, "")
        is_rule = basic == "5.1.1" and any(word in reply.text.lower() for word in RULES_WORDS)
        given = "5.7.1" if is_rule else basic or f"{str(reply.code)[0]}.0.0"
    if given in SMTP_CODES:
        return given
    kind, subject, _detail = given.split(".")
    return ALIKE.get(f"{kind}.{subject}") or ALIKE.get(kind, "other")


def refusal(reply: Reply, *, after_body: bool = False) -> Answer:
    """The answer for a reply that is not a yes, at any point where the server still had the word."""
    reason = reason_for(reply, after_body=after_body)
    if reply.code == 421 and slows_down(reply):
        return Answer(Verdict.THROTTLED, "slow_down", reply.words)
    if 400 <= reply.code < 500:
        return Answer(Verdict.RETRY, reason, reply.words)
    if 500 <= reply.code < 600:
        return Answer(Verdict.REFUSED, reason, reply.words)
    # A yes where none was expected, or no SMTP at all. What it means for the message depends on where it came.
    return Answer(Verdict.AMBIGUOUS, "garbage", reply.words)


def fault_of_sender(reply: Reply) -> ProviderFault | None:
    """The channel's fault that a refusal of our sender is; None where it is none, or only for now."""
    if reply.wants_log_in:
        return ProviderFault("5.7.8", reply.words)
    return ProviderFault("sender_refused", reply.words) if 500 <= reply.code < 600 else None


def slows_down(reply: Reply) -> bool:
    """Whether a 421 says that we are too fast, rather than that the server is going away."""
    text = reply.text.lower()
    return text.startswith("4.7.") or any(word in text for word in SLOW_DOWN_WORDS)


def final(reply: Reply) -> Answer:
    """The answer for the reply to the final dot."""
    if 200 <= reply.code < 300:
        return ACCEPTED
    return refusal(reply, after_body=True)


def lost_after_begin(words: str) -> Answer:
    """The connection went away, or what came was no SMTP, after the message had begun."""
    return Answer(Verdict.AMBIGUOUS, "unknown", words[:LONGEST_DETAIL])
