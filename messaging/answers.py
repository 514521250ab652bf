"""What a provider's answer makes of a line of the ledger: an end, or another try and when."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from batches.kinds import Answer, Line, Outcome, Verdict
from batches.states import ItemStatus

from .gate import Gate
from .providers.base import Letter
from .reasons import CHANNEL_FAULTS

MOST_ATTEMPTS = 5
RETRY_SECONDS = (5, 30, 120, 600)  # after the first attempt, the second …


def outcome_of(line: Line, letter: Letter, answer: Answer, gate: Gate) -> Outcome:
    """What the answer to this letter makes of its line, with what is to be recorded. An unused token goes back to the gate."""
    now = datetime.now(UTC)
    record = (letter, answer.provider_id, now)
    match answer.verdict:
        case Verdict.ACCEPTED:
            return Outcome(line.key, ItemStatus.SUCCEEDED, record=record)
        case Verdict.REFUSED:
            return Outcome(line.key, ItemStatus.FAILED, answer.reason, answer.detail, record=record)
        case Verdict.AMBIGUOUS:
            return Outcome(line.key, ItemStatus.UNKNOWN, "unknown", answer.detail, record=record)
        case Verdict.THROTTLED:
            gate.not_taken()
            gate.slow_until = now + timedelta(seconds=answer.wait or random.uniform(1, 3))  # noqa: S311
            return _pending(line.key, answer, gate.slow_until, free=True)
        case _:
            return _again(line, answer, now, record, gate)


def _again(line: Line, answer: Answer, now: datetime, record: Any, gate: Gate) -> Outcome:
    """Try again, longer each time; a fault of the provider as a whole is nobody's attempt."""
    if answer.reason in CHANNEL_FAULTS:
        gate.not_taken()
        return _pending(line.key, answer, now + timedelta(seconds=2), free=True)
    if line.attempts >= MOST_ATTEMPTS:
        return Outcome(line.key, ItemStatus.FAILED, answer.reason, answer.detail, record=record)
    gate.not_taken()
    waits = RETRY_SECONDS
    wait = answer.wait or waits[min(line.attempts, len(waits)) - 1]
    return _pending(line.key, answer, now + timedelta(seconds=wait * random.uniform(0.8, 1.2)))  # noqa: S311


def _pending(key: int, answer: Answer, not_before: datetime, *, free: bool = False) -> Outcome:
    """Try this line again."""
    return Outcome(key, ItemStatus.PENDING, answer.reason, answer.detail, not_before=not_before, free=free)
