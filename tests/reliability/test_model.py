"""The engine against a plain model of the rules, in random order: claims, crashes, stops, restarts, late words.

The model knows of each recipient only how often it was handed over and what was said of it. Whatever happens, nobody is handed
over twice in a line of restarts unless it was provably not sent before, and the ledger never claims what the model doesn't know.
"""

from __future__ import annotations

import shutil
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as budget
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from batches import registry
from batches.engine.claims import claim_report, claim_take
from batches.engine.journal import Journal, Mark
from batches.engine.recovery import late_report, outcome_of, settle_orphans, take_over_expired
from batches.engine.sweeper import counts_check
from batches.engine.turns import turn_take
from batches.kinds import Outcome
from batches.ledger import LedgerRow
from batches.models import BatchItem, BatchRequest, Claim, WorkerLease
from batches.refusals import BatchRefused
from batches.services import batch_request, batch_settle, batch_stop, items_settle
from batches.states import ItemStatus, Lane
from tests.batches.kinds import Letters
from tests.factories import MembershipFactory
from tests.reliability.road import scale

PEOPLE = 6


class Hand:
    """A worker without threads: an identity, a journal's bytes, and a claim."""

    def __init__(self) -> None:
        self.id = uuid.uuid4()
        WorkerLease.objects.create(id=self.id, host="here", pid=1)
        self.claim = 0
        self.batch = 0
        self.keys: list[int] = []
        self.marks: dict[int, Mark] = {}


class Engine(RuleBasedStateMachine):
    """The rules, with what the model knows beside them."""

    hands: list[Hand]

    @initialize()
    def begin(self) -> None:
        self.member = MembershipFactory.create()
        self.hands = []
        self.accepted: Counter[int] = Counter()  # how often the provider has really taken it
        self.batch = self._request(range(1, PEOPLE + 1))

    def _request(self, keys: Any, restart_of: BatchRequest | None = None) -> BatchRequest:
        return batch_request(
            program=self.member.program,
            requester=self.member.user,
            kind=Letters,
            name="Model",
            rows=[LedgerRow(key) for key in keys],
            restart_of=restart_of,
        )

    # --- workers --------------------------------------------------------------------------------------------------------

    @rule(size=st.integers(1, PEOPLE))
    def claim(self, size: int) -> None:
        batch = turn_take(list(Lane))
        if batch is None:
            return
        hand = Hand()
        taken = claim_take(batch.pk, size, hand)  # type: ignore[arg-type]
        if taken is not None:
            hand.claim, hand.batch = taken[0], batch.pk
            hand.keys = [line.key for line in taken[1]]
            self.hands.append(hand)

    @precondition(lambda self: any(hand.keys for hand in self.hands))
    @rule(data=st.data(), mark=st.sampled_from(list(Mark)))
    def hand_over(self, data: st.DataObject, mark: Mark) -> None:
        hand = data.draw(st.sampled_from(self.hands))
        key = data.draw(st.sampled_from(hand.keys))
        if key in hand.marks or mark is Mark.UNTOUCHED:
            return
        hand.marks[key] = mark
        # At "intent" and "ambiguous" the provider may have it or not; the worst case for us is that it has.
        if mark in (Mark.ACCEPTED, Mark.INTENT, Mark.AMBIGUOUS):
            self.accepted[key] += 1

    @precondition(lambda self: self.hands)
    @rule(data=st.data())
    def report(self, data: st.DataObject) -> None:
        hand = self._leave(data)
        outcomes = [self._word(hand, key) for key in hand.keys]
        if not claim_report(hand.claim, hand.batch, outcomes, lambda done: None):
            late_report(hand.batch, hand.claim, outcomes)
        batch_settle(hand.batch)

    @precondition(lambda self: self.hands)
    @rule(data=st.data(), journal_kept=st.booleans())
    def crash(self, data: st.DataObject, journal_kept: bool) -> None:
        """A worker dies; its journal is settled, or its host is lost and the claim is taken over after the lease."""
        hand = self._leave(data)
        marks = [hand.marks.get(key, Mark.UNTOUCHED) for key in hand.keys]
        folder = Path(settings.DATA_DIR) / "model-journals"
        shutil.rmtree(folder, ignore_errors=True)
        if journal_kept:
            write_journal(folder, hand, marks)
            settle_orphans(folder)
        else:
            WorkerLease.objects.filter(pk=hand.id).update(renewed_at="2000-01-01T00:00Z")
            take_over_expired(folder)

    def _leave(self, data: st.DataObject) -> Hand:
        hand = data.draw(st.sampled_from(self.hands))
        self.hands.remove(hand)
        return hand

    def _word(self, hand: Hand, key: int) -> Outcome:
        mark = hand.marks.get(key, Mark.UNTOUCHED)
        if mark is Mark.INTENT:  # it lives, so it hears the answer
            return Outcome(key, ItemStatus.SUCCEEDED)
        return outcome_of(key, mark)

    # --- people ---------------------------------------------------------------------------------------------------------

    @rule()
    def stop(self) -> None:
        try:
            batch_stop(batch=self.batch, by=self.member.user)
        except BatchRefused:
            self.batch.refresh_from_db()

    @rule()
    def restart(self) -> None:
        self.batch.refresh_from_db()
        line = self._line()
        known = BatchItem.objects.filter(batch_id__in=line, status__in=["succeeded", "unknown"])
        eligible = set(range(1, PEOPLE + 1)) - set(known.values_list("key", flat=True))
        if not self.batch.is_live and eligible:
            self.batch = self._request(sorted(eligible), restart_of=self.batch)

    @rule(key=st.integers(1, PEOPLE), delivered=st.booleans())
    def late_word(self, key: int, delivered: bool) -> None:
        """A receipt: what the provider took is delivered; what it took may also bounce."""
        if self.accepted[key]:
            word = ItemStatus.SUCCEEDED if delivered else ItemStatus.FAILED
            for pk in self._line():
                items_settle(batch_id=pk, outcomes=[Outcome(key, word)], only_unknown=delivered)
            if not delivered:
                self.accepted[key] = (
                    0 if self._fate(key) <= {"failed", "not_sent", "pending"} else self.accepted[key]
                )

    def _fate(self, key: int) -> set[str]:
        return set(
            BatchItem.objects.filter(batch_id__in=self._line(), key=key).values_list("status", flat=True)
        )

    def _line(self) -> list[int]:
        return list(BatchRequest.objects.filter(program=self.member.program).values_list("pk", flat=True))

    # --- what must hold, always -----------------------------------------------------------------------------------------

    @invariant()
    def the_books_are_right(self) -> None:
        assert counts_check() == []

    @invariant()
    def nobody_is_handed_over_twice(self) -> None:
        assert all(times <= 1 for times in self.accepted.values())

    @invariant()
    def in_flight_means_that_somebody_has_it_in_hand(self) -> None:
        held = {(hand.batch, key) for hand in self.hands for key in hand.keys}
        flying = set(BatchItem.objects.filter(status="in_flight").values_list("batch_id", "key"))
        assert flying <= held
        claimed = {(c.batch_id, key) for c in Claim.objects.filter(taken_over_at=None) for key in c.keys}
        assert flying <= claimed

    @invariant()
    def nothing_that_was_accepted_is_said_not_to_have_been_sent(self) -> None:
        for key, times in self.accepted.items():
            if times and not any(key in hand.keys for hand in self.hands):
                assert self._fate(key) & {"succeeded", "unknown", "failed"}

    @invariant()
    def an_ended_batch_has_nothing_waiting(self) -> None:
        for batch in BatchRequest.objects.all():
            assert batch.is_live or batch.waiting == 0

    def teardown(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "TRUNCATE batches_claim, batches_workerlease, batches_batchitem, batches_batchrequest CASCADE"
            )


def write_journal(folder: Path, hand: Hand, marks: list[Mark]) -> None:
    """The journal that a dead worker leaves behind, with nobody holding its lock."""
    from_life = Journal(folder, hand.id)
    leaf = from_life.begin(hand.claim, len(marks))
    for index, mark in enumerate(marks):
        leaf.mark(index, mark)
    from_life.abandon()


@pytest.fixture
def only_letters(settings: Any) -> Any:
    settings.BATCH_KINDS = ["tests.batches.kinds.Letters"]
    registry.kinds.cache_clear()
    yield
    registry.kinds.cache_clear()


@pytest.mark.usefixtures("transactional_db", "only_letters", "redis_db")
def test_the_engine_keeps_its_rules_in_any_order_of_events() -> None:
    run_state_machine_as_test(
        Engine,
        settings=budget(
            max_examples=scale(300, 40),
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
