"""A slice of sending: claim, hand over, report, until the slice is over."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import InterfaceError, OperationalError, connection

from batches.kinds import Answer, Handover, HandoverWithdrawn, Line, Outcome, SendKind, Verdict
from batches.models import BatchRequest
from batches.states import ItemStatus

from . import turns
from .claims import claim_report, claim_take
from .journal import CAPACITY, Mark
from .recovery import late_report
from .worker import Worker

SLICE = 2.0  # seconds, after which other programs and batches have their turn
CLAIM = 1.0  # seconds of work that are claimed at a time
BEGIN_WITHIN = 2.0  # seconds after the claim in which hand-overs may begin; the rest goes back untouched
REPORT_FOR = 60.0  # seconds in which a report is tried again while the database is away
FIRST_CLAIM = 50

log = logging.getLogger("batches.sending")

_MARKS = {
    Verdict.ACCEPTED: Mark.ACCEPTED,
    Verdict.REFUSED: Mark.REFUSED,
    Verdict.RETRY: Mark.REFUSED,
    Verdict.THROTTLED: Mark.REFUSED,
    Verdict.AMBIGUOUS: Mark.AMBIGUOUS,
}


def send_slice(batch: BatchRequest, kind: SendKind, worker: Worker) -> None:
    """Send for up to two seconds. Ends earlier when nothing is pending, the pace says wait, or the batch is stopped."""
    road = kind.open(batch)
    worker.watch(batch.pk)
    ends = time.monotonic() + SLICE
    size = FIRST_CLAIM
    try:
        while time.monotonic() < ends and worker.may_hand_over() and not worker.stopping:
            started = time.monotonic()
            handed = _round(batch.pk, road, worker, size)
            if handed is None:
                return
            size = _next_size(size, handed, time.monotonic() - started)
    finally:
        worker.watch(None)
        road.close()


def _next_size(size: int, handed: int, took: float) -> int:
    """As many as one second carries, growing at most fourfold at a time."""
    return max(FIRST_CLAIM // 5, min(int(handed / max(took, 0.001) * CLAIM), size * 4, CAPACITY))


def _round(batch_id: int, road: Handover, worker: Worker, wanted: int) -> int | None:
    """One claim from taking to reporting; how many items it had, or None when there is nothing to do now."""
    allowance = road.allowance(wanted)
    if not allowance.count:
        turns.sleep(batch_id, until=allowance.wake_at, reason=allowance.reason)
        return None
    taken = claim_take(batch_id, allowance.count, worker)
    if taken is None:
        road.give_back(allowance.count)
        turns.sleep_until_due(batch_id)
        return None
    claim_id, lines = taken
    road.give_back(allowance.count - len(lines))
    outcomes = _carry(claim_id, lines, road, worker)
    _report_surely(claim_id, batch_id, outcomes, road)
    worker.journal.clear()
    return len(lines)


def _carry(claim_id: int, lines: Sequence[Line], road: Handover, worker: Worker) -> list[Outcome]:
    """Hand a claim's lines over; those not reached come back as pending, at no cost."""
    worker.journal.begin(claim_id, len(lines))
    place = {line.key: index for index, line in enumerate(lines)}
    letters, outcomes = road.prepare(lines)
    trip = Trip(road, worker, place)
    worker.loop.run_until_complete(trip.all(letters))
    outcomes = [*outcomes, *trip.outcomes]
    decided = {outcome.key for outcome in outcomes}
    untouched = [line.key for line in lines if line.key not in decided]
    road.give_back(len(untouched))
    return outcomes + [Outcome(key, ItemStatus.PENDING, free=True) for key in untouched]


class Trip:
    """The hand-overs of one claim, several at a time."""

    def __init__(self, road: Handover, worker: Worker, place: dict[int, int]) -> None:
        self.road, self.worker, self.place = road, worker, place
        self.outcomes: list[Outcome] = []
        self._last_call = time.monotonic() + BEGIN_WITHIN

    async def all(self, letters: Sequence[tuple[Line, Any]]) -> None:
        """Hand over until the letters, the time or the permission run out."""
        queue = iter(letters)
        lanes = min(self.road.concurrency, len(letters))
        await asyncio.gather(*(self._lane(queue) for _ in range(lanes)))

    async def _lane(self, queue: Iterator[tuple[Line, Any]]) -> None:
        for line, letter in queue:
            if not self.worker.may_hand_over() or time.monotonic() > self._last_call:
                return
            answer = await self._one(line, letter)
            if answer is None:
                return
            self.outcomes.append(self.road.outcome(line, letter, answer))

    async def _one(self, line: Line, letter: Any) -> Answer | None:
        """One hand-over with its journal: intent before the first byte that counts, the fate after the answer."""
        journal, index = self.worker.journal, self.place[line.key]
        begun = False

        def begin() -> None:
            nonlocal begun
            journal.mark(index, Mark.INTENT)
            # In this order: whoever takes over an expired lease may trust "untouched", for this check would fail after it.
            if not self.worker.may_hand_over():
                journal.mark(index, Mark.UNTOUCHED)
                raise HandoverWithdrawn
            begun = True

        try:
            async with asyncio.timeout(self.road.timeout):
                answer = await self.road.hand_over(letter, begin)
        except HandoverWithdrawn:
            return None
        except (
            Exception
        ) as error:  # whatever a provider's code raises is an answer of its own, never the batch's end
            answer = _fault(error, begun)
        journal.mark(index, _MARKS[answer.verdict])
        return answer


def _fault(error: Exception, begun: bool) -> Answer:
    words = f"{type(error).__name__}: {error}".strip(": ")[:300]
    if begun:
        return Answer(Verdict.AMBIGUOUS, "unknown", words)
    return Answer(Verdict.RETRY, "connection", words)


def _report_surely(claim_id: int, batch_id: int, outcomes: list[Outcome], road: Handover) -> None:
    """Report, and go on trying while the database is away: what is known now would otherwise become unknown."""
    gives_up = time.monotonic() + REPORT_FOR
    while True:
        try:
            if not claim_report(claim_id, batch_id, outcomes, road.record):
                late_report(batch_id, claim_id, outcomes)
            return
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() > gives_up:
                raise
            log.warning(
                "The report of claim %s waits for the database: %s", claim_id, str(error).split("\n")[0]
            )
            connection.close()
            time.sleep(0.3)
