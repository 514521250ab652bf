"""A slice of sending: claim, hand over, report, until the slice is over; the next claim while the last one is under way."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait

from django.db import InterfaceError, OperationalError, connection

from batches import ledger
from batches.kinds import Handover, Outcome, SendKind
from batches.models import BatchRequest
from batches.states import ItemStatus

from . import turns
from .claims import claim_report, claim_take
from .journal import CAPACITY, LEAVES
from .loads import Load
from .recovery import late_report
from .trip import Trip
from .worker import Worker

SLICE = 2.0  # seconds, after which other programs and batches have their turn
CLAIM = 0.5  # seconds of work that are claimed at a time; two claims may be in hand
SHORTEST = 0.1  # seconds of a slice that are worth a claim
REPORT_FOR = 60.0  # seconds in which a report is tried again while the database is away
FIRST_CLAIM = 50
GROWTH = 16  # times the claim before: what few letters say about the speed of many isn't believed altogether
SLOW = 0.02  # seconds from one letter to the next on a connection, from which reports are made beside the letters
PREPARED_AT_ONCE = 250  # letters, after which those under way have a turn

log = logging.getLogger("batches.sending")

# The batch, if it would be its turn again now: then nobody else is waiting, and it may go on.
Again = Callable[[], BatchRequest | None]


class Slice:
    """One worker's work on one batch, from its first claim until the last is reported.

    A claim is in one of the journal's two leaves from its commit until its report's. Where a provider takes its time, reports
    are made by a thread of the worker's, so that no answer waits for the database.
    """

    def __init__(self, batch: BatchRequest, kind: SendKind, worker: Worker, again: Again) -> None:
        self.batch_id, self.kind, self.worker, self.again = batch.pk, kind, worker, again
        self.road = kind.open(batch)
        self.trip = Trip(self.road, worker)
        self.size = worker.sizes.get(batch.pk, FIRST_CLAIM)
        self.ends = time.monotonic() + SLICE
        self.in_hand: dict[int, Load] = {}  # by claim
        self.reports: dict[int, Future[None]] = {}
        self.reported = 0  # outcomes
        self.over = False  # nothing more is claimed

    def carry_out(self) -> None:
        """Claim, hand over and report until nothing is left to do. What broke is raised once nothing is under way."""
        try:
            self._claim()
            while self.in_hand:
                self._go_on()
                if self._has_room() and self.trip.waiting <= self.trip.low:
                    if self._has_time() or self._stays():
                        self._claim()
                    else:
                        self.over = True
            self._resize()
        except Exception:
            self._bring_back()
            raise

    def close(self) -> None:
        """Remember what was found out."""
        self.worker.sizes_keep(self.batch_id, self.size)
        self.road.close()

    # --- claiming -------------------------------------------------------------------------------------------------------

    def _has_room(self) -> bool:
        """Whether another claim may be taken, as soon as few letters are left of the last."""
        if self.over or self.worker.stopping or not self.worker.may_hand_over():
            return False
        under_way = len(self.in_hand) - len(self.reports)
        return len(self.in_hand) < LEAVES and under_way <= (1 if self.road.claims_ahead else 0)

    def _has_time(self) -> bool:
        """Whether the slice has time for another claim, after what those in hand are going to take of it."""
        left = self.ends - time.monotonic()
        return left - self._going() >= SHORTEST if self.in_hand else left > 0

    def _going(self) -> float:
        """The seconds that the letters under way are going to take."""
        done = self._done()
        return self.trip.under_way * (time.monotonic() - self.trip.began) / done if done else 0.0

    def _stays(self) -> bool:
        """Go on without leaving, if it would be this batch's turn again: with its channel and texts as they are now.

        Where letters wait for tokens anyway there is nothing to be gained by it. Nor does it go on where no claim may be taken
        ahead by now: those under way were let go by what the channel allowed before.
        """
        batch = self.again() if self.road.claims_ahead else None
        if batch is None:
            return False
        opened = self.kind.open(batch)
        if not opened.claims_ahead:
            opened.close()
            return False
        former, self.road = self.road, opened
        self.trip.road = self.road
        self._close_if_unused(former)
        self.ends = time.monotonic() + SLICE
        self.trip.began, self.reported = time.monotonic(), 0
        self.reported = -self._done()  # the speed is measured anew
        return True

    def _claim(self) -> None:
        """Take a claim and let its letters go, or find that there is nothing to do now."""
        _status, pending = ledger.standing(self.batch_id)
        if not pending:  # all are in somebody's hand: ask neither the channel's pace nor its day for any
            self.over = True
            return
        allowance = self.road.allowance(self._wanted(pending))
        if not allowance.count:
            turns.sleep(self.batch_id, until=allowance.wake_at, reason=allowance.reason)
            self.over = True
            return
        taken = claim_take(self.batch_id, allowance.count, self.worker)
        if taken is None:
            self.road.give_back(allowance.count)
            turns.sleep_until_due(self.batch_id)
            self.over = True
            return
        claim_id, lines = taken
        load = Load(claim_id, lines, self.worker.journal.begin(claim_id, len(lines)), self.road)
        self.in_hand[claim_id] = load
        self.road.give_back(allowance.count - len(lines))
        self._prepare(load)

    def _prepare(self, load: Load) -> None:
        """Make the letters of a claim, a part at a time, so that the first leave while the last are made."""
        for start in range(0, len(load.lines), PREPARED_AT_ONCE):
            if start:
                self.trip.breathe()
            letters, outcomes = load.road.prepare(load.lines[start : start + PREPARED_AT_ONCE])
            load.outcomes += outcomes
            self.trip.add(load, letters)
        load.prepared = True

    def _wanted(self, pending: int) -> int:
        """As many as half a second carries, and no more than half of what is left: another worker may have the rest."""
        self._resize()
        self.trip.low = max(self.road.concurrency, self.size // 4)
        least = min(self.size, max(2 * self.road.concurrency, int(self.size * SHORTEST / CLAIM)))
        share = min(1.0, (self.ends - time.monotonic() - self._going()) / CLAIM) if self.in_hand else 1.0
        return max(min(int(self.size * share), -(-pending // 2)), least)

    def _resize(self) -> None:
        """Let claims be of the size that was found right, growing at most by so much at a time."""
        done = self._done()
        if done >= min(self.size, self.road.concurrency):
            carried = int(done / (time.monotonic() - self.trip.began) * CLAIM)
            self.size = max(FIRST_CLAIM // 5, min(carried, self.size * GROWTH, CAPACITY))

    def _done(self) -> int:
        return self.reported + sum(len(load.outcomes) for load in self.in_hand.values())

    # --- handing over and reporting -------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Let letters go until there is something to do: a claim to report, one that was reported, room for another."""
        if self.trip.is_empty:
            wait(self.reports.values(), return_when=FIRST_COMPLETED)
        elif not any(report.done() for report in self.reports.values()):
            self.trip.move(asks=self._has_room())
        for load in self.trip.done():
            self.reports[load.claim] = self._report(load)
        for claim_id, report in list(self.reports.items()):
            if report.done():
                self._conclude(claim_id, report)

    def _report(self, load: Load) -> Future[None]:
        """Report a claim; those that were not reached come back as pending, at no cost."""
        decided = {outcome.key for outcome in load.outcomes}
        untouched = [line.key for line in load.lines if line.key not in decided]
        load.road.give_back(len(untouched))
        outcomes = [*load.outcomes, *(Outcome(key, ItemStatus.PENDING, free=True) for key in untouched)]
        report = self.worker.beside(
            lambda: report_surely(load, self.batch_id, outcomes), at_once=not self._answers_are_slow()
        )
        report.add_done_callback(lambda _report: self.trip.nudge())
        return report

    def _answers_are_slow(self) -> bool:
        """Whether connections mostly wait for the provider. Else the processor is what there is too little of."""
        took, done = time.monotonic() - self.trip.began, self._done()
        return done > 0 and self.road.concurrency * took / done > SLOW

    def _conclude(self, claim_id: int, report: Future[None]) -> None:
        """A report has ended: the journal may forget the claim, unless it broke, which is raised."""
        del self.reports[claim_id]
        load = self.in_hand.pop(claim_id)
        report.result()
        load.leaf.clear()
        self.reported += len(load.outcomes)
        self._close_if_unused(load.road)

    def _close_if_unused(self, road: Handover) -> None:
        """A road that was left by staying is closed when its last letters are reported."""
        if road is not self.road and not any(load.road is road for load in self.in_hand.values()):
            road.close()

    def _bring_back(self) -> None:
        """After something broke: let end what has begun, begin nothing more, and report all claims in hand."""
        self.over = True
        self.trip.recall([load for load in self.in_hand.values() if load.claim not in self.reports])
        while self.in_hand:
            self._go_on()


def send_slice(batch: BatchRequest, kind: SendKind, worker: Worker, again: Again = lambda: None) -> None:
    """Send for up to two seconds, and for two more as long as `again` returns the batch, as it is then.

    Ends earlier when nothing is pending, the pace says wait, or the batch is stopped.
    """
    work = Slice(batch, kind, worker, again)
    worker.watch(batch.pk)
    try:
        work.carry_out()
    finally:
        worker.watch(None)
        work.close()


def report_surely(load: Load, batch_id: int, outcomes: list[Outcome]) -> None:
    """Report, and go on trying while the database is away: what is known now would otherwise become unknown."""
    gives_up = time.monotonic() + REPORT_FOR
    while True:
        try:
            if not claim_report(load.claim, batch_id, outcomes, load.road.record):
                late_report(batch_id, load.claim, outcomes)
            return
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() > gives_up:
                raise
            words = str(error).split("\n")[0]
            log.warning("The report of claim %s waits for the database: %s", load.claim, words)
            connection.close()
            time.sleep(0.3)
