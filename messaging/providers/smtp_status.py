"""What an SMTP server's answer means: the whole policy of plain SMTP, as data.

where      2xx         4xx                      5xx                      lost, garbage
before     go on       try again                provably refused         try again (nothing was begun)
final dot  accepted    provably not, try again  provably refused         ambiguous
421        slow down when it speaks of limits (4.7.x, "too many"), else try again
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from batches.kinds import Answer, Verdict

ENHANCED = re.compile(r"^([245])\.(\d{1,3})\.(\d{1,3})\b")
SLOW_DOWN_WORDS = ("too many", "rate", "slow down", "throttl", "try again later")
LONGEST_DETAIL = 300

# Replies that are common without an enhanced code, and what they stand for.
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
        """The enhanced status code, or the one that the plain code usually stands for, or ""."""
        found = ENHANCED.match(self.text)
        if found and found[1] == str(self.code)[0]:
            return found[0]
        return BASIC.get(self.code, "")


def refusal(reply: Reply) -> Answer:
    """The answer for a reply that is not a yes, at any point where the server still had the word."""
    words = f"{reply.code} {reply.text}"[:LONGEST_DETAIL]
    reason = reply.enhanced or "other"
    if reply.code == 421 and slows_down(reply):
        return Answer(Verdict.THROTTLED, "slow_down", words)
    if 400 <= reply.code < 500:
        return Answer(Verdict.RETRY, reason, words)
    if 500 <= reply.code < 600:
        return Answer(Verdict.REFUSED, reason, words)
    # A yes where none was expected, or no SMTP at all. What it means for the message depends on where it came.
    return Answer(Verdict.AMBIGUOUS, "garbage", words)


def slows_down(reply: Reply) -> bool:
    """Whether a 421 says that we are too fast, rather than that the server is going away."""
    text = reply.text.lower()
    return text.startswith("4.7.") or any(word in text for word in SLOW_DOWN_WORDS)


def final(reply: Reply) -> Answer:
    """The answer for the reply to the final dot."""
    if 200 <= reply.code < 300:
        return Answer(Verdict.ACCEPTED)
    return refusal(reply)


def lost_after_begin(words: str) -> Answer:
    """The connection went away, or what came was no SMTP, after the message had begun."""
    return Answer(Verdict.AMBIGUOUS, "unknown", words[:LONGEST_DETAIL])
