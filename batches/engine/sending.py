"""A slice of sending: claim, hand over, report, until the slice is over."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection, Iterator, Sequence
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
LET_GO = 2.0  # seconds that a hand-over has to end in after its time is over; one that doesn't is left behind

log = logging.getLogger("batches.sending")

_MARKS = {
    Verdict.ACCEPTED: Mark.ACCEPTED,
    Verdict.REFUSED: Mark.REFUSED,
    Verdict.RETRY: Mark.REFUSED,
    Verdict.THROTTLED: Mark.REFUSED,
    Verdict.AMBIGUOUS: Mark.AMBIGUOUS,
}


# What an answer makes of an item whose kind can't say it better.
_PLAINLY = {Verdict.ACCEPTED: ItemStatus.SUCCEEDED, Verdict.AMBIGUOUS: ItemStatus.UNKNOWN}


def send_slice(batch: BatchRequest, kind: SendKind, worker: Worker) -> None:
    """Send for up to two seconds. Ends earlier when nothing is pending, the pace says wait, or the batch is stopped."""
    road = kind.open(batch)
    worker.watch(batch.pk)
    ends = time.monotonic() + SLICE
    size = worker.sizes.get(batch.pk, FIRST_CLAIM)
    try:
        while time.monotonic() < ends and worker.may_hand_over() and not worker.stopping:
            started = time.monotonic()
            handed = _round(batch.pk, road, worker, size)
            if handed is None:
                return
            size = _next_size(size, handed, time.monotonic() - started)
    finally:
        worker.sizes_keep(batch.pk, size)
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
    worker.journal.begin(claim_id, len(lines))
    road.give_back(allowance.count - len(lines))
    try:
        letters, outcomes = road.prepare(lines)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # none was handed over, so all of them go back, and the batch waits
        _bring_back(claim_id, batch_id, lines, [], road, worker)
        raise
    outcomes = [*outcomes, *_carry(lines, letters, road, worker)]
    _bring_back(claim_id, batch_id, lines, outcomes, road, worker)
    return len(lines)


def _carry(
    lines: Sequence[Line], letters: Sequence[tuple[Line, Any]], road: Handover, worker: Worker
) -> list[Outcome]:
    """Hand letters over, as many as time and permission allow; the outcomes of these."""
    trip = Trip(road, worker, {line.key: index for index, line in enumerate(lines)})
    worker.loop.run_until_complete(trip.all(letters))
    return trip.outcomes


def _bring_back(
    claim_id: int,
    batch_id: int,
    lines: Sequence[Line],
    outcomes: list[Outcome],
    road: Handover,
    worker: Worker,
) -> None:
    """Report a claim; those that were not reached come back as pending, at no cost."""
    decided = {outcome.key for outcome in outcomes}
    untouched = [line.key for line in lines if line.key not in decided]
    road.give_back(len(untouched))
    outcomes = [*outcomes, *(Outcome(key, ItemStatus.PENDING, free=True) for key in untouched)]
    _report_surely(claim_id, batch_id, outcomes, road)
    worker.journal.clear()


class Trip:
    """The hand-overs of one claim, several at a time."""

    def __init__(self, road: Handover, worker: Worker, place: dict[int, int]) -> None:
        self.road, self.worker, self.place = road, worker, place
        self.outcomes: list[Outcome] = []
        self._held: dict[int, tuple[Line, Any, bool]] = {}  # being handed over; whether it has begun
        self._over = False
        self._last_call = time.monotonic() + BEGIN_WITHIN

    async def all(self, letters: Sequence[tuple[Line, Any]]) -> None:
        """Hand over until the letters, the time or the permission run out. A provider that doesn't end is left behind."""
        queue = iter(letters)
        lanes = [
            asyncio.ensure_future(self._lane(queue)) for _ in range(min(self.road.concurrency, len(letters)))
        ]
        if lanes:
            patience = BEGIN_WITHIN + self.road.timeout + LET_GO
            _ended, deaf = await asyncio.wait(lanes, timeout=patience)
            self._leave(deaf)

    def _leave(self, deaf: Collection[asyncio.Future[None]]) -> None:
        """Nothing begins, and nothing is written into the journal, any more: the next claim will use it."""
        self._over = True
        for lane in deaf:
            lane.cancel()
        for line, letter, begun in self._held.values():
            answer = _fault(TimeoutError("it did not end when its time was over"), begun)
            self.outcomes.append(self._outcome(line, letter, answer))

    async def _lane(self, queue: Iterator[tuple[Line, Any]]) -> None:
        for line, letter in queue:
            if not self.worker.may_hand_over() or time.monotonic() > self._last_call:
                return
            self._held[line.key] = line, letter, False
            answer = await self._one(line, letter)
            if self._over:
                return
            del self._held[line.key]
            if answer is None:
                return
            self.outcomes.append(self._outcome(line, letter, answer))

    def _outcome(self, line: Line, letter: Any, answer: Answer) -> Outcome:
        try:
            return self.road.outcome(line, letter, answer)
        except (
            Exception
        ) as error:  # one bad answer is one item; what happened is known without the kind's words
            log.exception("What was answered for item %s can't be read", line.key)
            words = f"{type(error).__name__}: {error}"[:300]
            return Outcome(line.key, _PLAINLY.get(answer.verdict, ItemStatus.FAILED), "broken", words)

    async def _one(self, line: Line, letter: Any) -> Answer | None:
        """One hand-over with its journal: intent before the first byte that counts, the fate after the answer."""
        journal, index = self.worker.journal, self.place[line.key]
        begun = False

        def begin() -> None:
            nonlocal begun
            if self._over:
                raise HandoverWithdrawn
            if begun:  # once more of the same letter, which may have left by now
                return
            journal.mark(index, Mark.INTENT)
            # In this order: whoever takes over an expired lease may trust "untouched", for this check would fail after it.
            if not self.worker.may_hand_over():
                journal.mark(index, Mark.UNTOUCHED)
                raise HandoverWithdrawn
            begun = True
            self._held[line.key] = line, letter, True

        try:
            async with asyncio.timeout(self.road.timeout):
                answer = await self.road.hand_over(letter, begin)
                verdict = _MARKS[answer.verdict]
        except (
            Exception
        ) as error:  # whatever a provider's code raises is an answer of its own, never the batch's end
            if isinstance(error, HandoverWithdrawn) and not begun:
                return None
            answer = _fault(error, begun)
            verdict = _MARKS[answer.verdict]
        if not self._over:
            journal.mark(index, verdict)
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
