"""What is under way: claims, the letters of theirs that are being handed over, and the lanes that these go along."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from batches.kinds import Answer, Handover, Line, Outcome, Verdict
from batches.states import ItemStatus

from .journal import Leaf

log = logging.getLogger("batches.sending")

# What an answer makes of an item whose kind can't say it better.
_PLAINLY = {Verdict.ACCEPTED: ItemStatus.SUCCEEDED, Verdict.AMBIGUOUS: ItemStatus.UNKNOWN}


@dataclass(slots=True)
class Held:
    """A letter that is being handed over."""

    line: Line
    letter: Any
    lane: Lane
    until: float  # when its time is over
    begun: bool = False
    late: bool = False  # it was told that its time is over


@dataclass(slots=True, eq=False)
class Load:
    """A claim under way: what of it is still to be handed over, and what has become of the rest."""

    claim: int
    lines: Sequence[Line]
    leaf: Leaf
    road: Handover
    outcomes: list[Outcome] = field(default_factory=list)
    waiting: int = 0  # letters that no lane has begun with
    held: dict[int, Held] = field(default_factory=dict)
    prepared: bool = False  # no more letters are going to come
    left: bool = False  # nothing of it begins, and nothing is written into the journal, any more
    taken_at: float = field(default_factory=time.monotonic)
    place: dict[int, int] = field(init=False)  # of each key in the journal's leaf

    def __post_init__(self) -> None:
        self.place = {line.key: index for index, line in enumerate(self.lines)}

    @property
    def is_done(self) -> bool:
        """Whether all of it is decided, or goes back."""
        return self.prepared and not self.waiting and not self.held


# A letter that waits, with its claim.
Waiting = tuple[Load, Line, Any]


@dataclass(slots=True, eq=False)
class Lane:
    """One letter after the other. `next` is the one that follows, if that was asked, and `since` when it was."""

    task: asyncio.Task[Any] | None = None
    next: Waiting | None = None
    since: float = 0.0


def outcome_of(road: Handover, line: Line, letter: Any, answer: Answer) -> Outcome:
    """What the kind makes of an answer, or what the answer says plainly if it can't."""
    try:
        return road.outcome(line, letter, answer)
    except Exception as error:  # one bad answer is one item; what happened is known without the kind's words
        log.exception("What was answered for item %s can't be read", line.key)
        words = f"{type(error).__name__}: {error}"[:300]
        return Outcome(line.key, _PLAINLY.get(answer.verdict, ItemStatus.FAILED), "broken", words)


def fault_of(error: BaseException, begun: bool) -> Answer:
    """What it means that a provider's code raised this."""
    words = f"{type(error).__name__}: {error}".strip(": ")[:300]
    if begun:
        return Answer(Verdict.AMBIGUOUS, "unknown", words)
    return Answer(Verdict.RETRY, "connection", words)
