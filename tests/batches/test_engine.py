"""The engine's rules, in one process; what it takes to break them stands in tests/reliability."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg.errors import DeadlockDetected

from batchadmin.accounts.models import User
from batches import ledger
from batches.engine.claims import claim_report, claim_take
from batches.engine.slices import DatabaseAway, serve
from batches.engine.sweeper import counts_check
from batches.engine.turns import turn_take
from batches.engine.worker import Worker, current_worker
from batches.kinds import Answer, Line, Outcome, Verdict
from batches.ledger import LedgerRow
from batches.models import BatchItem, BatchRequest, Notice
from batches.refusals import AlreadyRestarted, AudienceChanged, EmptyBatch, LockHeld, NotPossible
from batches.services import (
    batch_broke,
    batch_request,
    batch_resume,
    batch_retry_due,
    batch_settle,
    batch_start_due,
    batch_stop,
    items_decide,
    items_settle,
)
from batches.states import BatchStatus, ItemStatus, Lane
from tests.batches.kinds import Letters, Marking
from tests.factories import MembershipFactory, UserFactory
from tests.fixtures.processes import wait_until

Request = Callable[..., BatchRequest]
Work = Callable[[], None]


def fresh(batch: BatchRequest) -> BatchRequest:
    batch.refresh_from_db()
    assert counts_check() == []
    return batch


def test_a_batch_completes_and_everybody_is_reached_once(request_batch: Request, work: Work) -> None:
    batch = request_batch(size=137)
    work()
    assert fresh(batch).status == BatchStatus.COMPLETED
    assert sorted(Letters.sent) == list(range(1, 138))
    assert (batch.succeeded, batch.waiting, batch.percent) == (137, 0, 100)


def test_what_was_handed_over_is_recorded_in_the_same_transaction(request_batch: Request, work: Work) -> None:
    request_batch(size=3)
    work()
    assert sorted(outcome.key for outcome in Letters.recorded) == [1, 2, 3]


def test_a_refused_one_is_one_failed_item(request_batch: Request, work: Work) -> None:
    Letters.answer = staticmethod(
        lambda key: (
            Answer(Verdict.REFUSED, "5.1.1", "550 no such mailbox") if key == 2 else Answer(Verdict.ACCEPTED)
        )
    )
    batch = request_batch(size=4)
    work()
    assert fresh(batch).status == BatchStatus.FAILED
    assert (batch.succeeded, batch.failed, batch.success_rate) == (3, 1, 75.0)
    assert BatchItem.objects.get(batch=batch, key=2).reason == "5.1.1"


def test_those_to_be_left_out_are_skipped_and_do_not_spoil_the_batch(
    request_batch: Request, work: Work
) -> None:
    batch = request_batch(size=3, payloads={2: "opted out"})
    work()
    assert fresh(batch).status == BatchStatus.COMPLETED
    assert (batch.succeeded, batch.skipped, batch.success_rate) == (2, 1, 100.0)


def test_an_unclear_answer_is_unknown_and_never_tried_again(request_batch: Request, work: Work) -> None:
    Letters.answer = staticmethod(lambda key: Answer(Verdict.AMBIGUOUS, "unknown"))
    batch = request_batch(size=2)
    work()
    work()
    assert fresh(batch).status == BatchStatus.FAILED
    assert batch.unknown == 2
    assert len(Letters.sent) == 2


def test_an_exception_after_the_first_byte_is_unknown(request_batch: Request, work: Work) -> None:
    def explode(key: int) -> None:
        raise RuntimeError("the provider's library broke")

    Letters.on_hand_over = staticmethod(explode)
    batch = request_batch(size=1)
    work()
    assert fresh(batch).unknown == 1


def test_a_batch_that_cannot_be_opened_waits_and_is_tried_again(request_batch: Request, work: Work) -> None:
    Letters.break_open = RuntimeError("no channel")
    batch = request_batch(size=2)
    work()
    assert fresh(batch).status == BatchStatus.WAITING_FOR_RETRY
    assert (batch.retries, batch.last_error) == (1, "RuntimeError: no channel")
    Letters.break_open = None
    _make_due(batch)
    work()
    assert fresh(batch).status == BatchStatus.COMPLETED


def test_after_five_retries_without_progress_a_batch_gives_up_and_says_who_was_not_reached(
    request_batch: Request, work: Work
) -> None:
    Letters.break_open = RuntimeError("no channel")
    batch = request_batch(size=2)
    for _attempt in range(6):
        work()
        _make_due(batch)
    assert fresh(batch).status == BatchStatus.FAILED
    assert (batch.not_sent, batch.retries) == (2, 6)
    assert set(batch.items.values_list("reason", flat=True)) == {"gave_up"}


def _make_due(batch: BatchRequest) -> None:
    BatchRequest.objects.filter(pk=batch.pk).update(wake_at=timezone.now())
    batch_retry_due()


def test_a_bad_line_of_data_is_one_failed_item_with_its_reason(request_batch: Request, work: Work) -> None:
    batch = request_batch(Marking, size=20, payloads={7: "bad", 12: "skip"})
    work()
    assert fresh(batch).status == BatchStatus.FAILED
    assert (batch.succeeded, batch.failed, batch.skipped) == (18, 1, 1)
    assert BatchItem.objects.get(batch=batch, key=7).detail == "ValueError: this line is bad"
    assert sorted(Marking.seen) == [key for key in range(1, 21) if key != 7]


def test_a_batch_of_nobody_is_refused(request_batch: Request) -> None:
    with pytest.raises(EmptyBatch):
        request_batch(size=0)
    assert not BatchRequest.objects.exists()


def test_a_batch_of_people_who_are_all_left_out_ends_at_once(request_batch: Request) -> None:
    member = MembershipFactory.create()
    rows = [ledger_row(key) for key in (1, 2)]
    batch = batch_request(
        program=member.program, requester=member.user, kind=Letters, name="Nobody", rows=rows
    )
    assert fresh(batch).status == BatchStatus.COMPLETED
    assert batch.success_rate is None


def ledger_row(key: int) -> LedgerRow:
    return LedgerRow(key, status=ItemStatus.SKIPPED, reason="no_address")


def test_an_audience_that_has_changed_is_asked_about_again(request_batch: Request) -> None:
    with pytest.raises(AudienceChanged) as refused:
        request_batch(size=4, expected=5)
    assert (refused.value.saw, refused.value.now) == (5, 4)
    assert not BatchRequest.objects.exists()


def test_a_place_that_is_being_filled_refuses_a_second_batch_until_the_first_has_ended(
    request_batch: Request, work: Work
) -> None:
    first = request_batch(size=1, lock="stage:1")
    with pytest.raises(LockHeld, match=str(first.pk)):
        request_batch(size=1, lock="stage:1")
    work()
    request_batch(size=1, lock="stage:1")


def test_a_batch_is_restarted_once(request_batch: Request, work: Work) -> None:
    first = request_batch(size=1)
    work()
    second = request_batch(size=1, restart_of=first)
    with pytest.raises(AlreadyRestarted) as refused:
        request_batch(size=1, restart_of=first)
    assert refused.value.batch == second


def test_stopping_before_the_start_sends_nothing(request_batch: Request, work: Work) -> None:
    batch = request_batch(size=5)
    batch_stop(batch=batch, by=UserFactory.create())
    work()
    assert fresh(batch).status == BatchStatus.STOPPED
    assert (batch.not_sent, Letters.sent) == (5, [])
    assert batch.finished_at is not None


def test_stopping_in_the_middle_sends_no_more_and_says_how_many_went_out(
    request_batch: Request, work: Work
) -> None:
    batch = request_batch(size=500)
    somebody = UserFactory.create()

    def stop_at_ten(key: int) -> None:
        if len(Letters.sent) == 10:
            stop_elsewhere(batch, somebody)

    Letters.on_hand_over = staticmethod(stop_at_ten)
    work()
    assert fresh(batch).status == BatchStatus.STOPPED
    assert batch.succeeded == len(Letters.sent) < 500
    assert batch.succeeded + batch.not_sent == 500
    assert batch.sent_after_stop == batch.succeeded - 10


def stop_elsewhere(batch: BatchRequest, somebody: User) -> None:
    """Press Stop as another process does, and wait until this worker's pulse has felt it."""
    with ThreadPoolExecutor(1) as other:
        other.submit(_stop_and_disconnect, batch.pk, somebody).result()
    wait_until(lambda: not current_worker().may_hand_over(), seconds=60, what="the pulse to feel the stop")


def _stop_and_disconnect(pk: int, somebody: User) -> None:
    try:
        batch_stop(batch=BatchRequest.objects.get(pk=pk), by=somebody)
    finally:
        connection.close()


def test_a_kind_that_pages_may_not_stop_is_stopped_by_support_only(request_batch: Request) -> None:
    batch = request_batch(Marking)
    with pytest.raises(NotPossible):
        batch_stop(batch=batch, by=UserFactory.create())
    assert batch_stop(batch=batch, by=UserFactory.create(), force=True).status == BatchStatus.STOPPED


def test_an_ended_batch_cannot_be_stopped_or_resumed(request_batch: Request, work: Work) -> None:
    batch = request_batch()
    work()
    for act in (batch_stop, batch_resume):
        with pytest.raises(NotPossible):
            act(batch=batch, by=UserFactory.create())
    assert fresh(batch).status == BatchStatus.COMPLETED


def test_a_stopped_batch_is_never_resumed(request_batch: Request, work: Work) -> None:
    batch = request_batch()
    batch_stop(batch=batch, by=UserFactory.create())
    with pytest.raises(NotPossible):
        batch_resume(batch=batch, by=UserFactory.create())


def test_a_scheduled_batch_starts_when_it_is_due_and_not_before(request_batch: Request, work: Work) -> None:
    batch = request_batch(scheduled_for=timezone.now() + timedelta(hours=1))
    batch_start_due()
    work()
    assert fresh(batch).status == BatchStatus.SCHEDULED
    _reschedule(batch, timedelta(seconds=-5))
    work()
    assert fresh(batch).status == BatchStatus.COMPLETED


def test_a_batch_long_past_its_time_asks_instead_of_going_out(request_batch: Request, work: Work) -> None:
    batch = request_batch(scheduled_for=timezone.now() + timedelta(hours=1))
    _reschedule(batch, timedelta(hours=-1))
    work()
    assert fresh(batch).status == BatchStatus.OVERDUE
    batch_resume(batch=batch, by=UserFactory.create())
    work()
    assert fresh(batch).status == BatchStatus.COMPLETED


def _reschedule(batch: BatchRequest, delta: timedelta) -> None:
    BatchRequest.objects.filter(pk=batch.pk).update(scheduled_for=timezone.now() + delta)
    batch_start_due()


def test_an_unknown_outcome_is_settled_by_a_late_word_and_the_end_stays(
    request_batch: Request, work: Work
) -> None:
    Letters.answer = staticmethod(lambda key: Answer(Verdict.AMBIGUOUS, "unknown"))
    batch = request_batch(size=2)
    work()
    assert items_settle(batch_id=batch.pk, outcomes=[Outcome(1, ItemStatus.SUCCEEDED)]) == 1
    assert items_settle(batch_id=batch.pk, outcomes=[Outcome(1, ItemStatus.SUCCEEDED)]) == 0
    assert (fresh(batch).succeeded, batch.unknown, batch.status) == (1, 1, BatchStatus.FAILED)


def test_a_manager_decides_unknown_outcomes_and_the_name_is_kept(request_batch: Request, work: Work) -> None:
    Letters.answer = staticmethod(lambda key: Answer(Verdict.AMBIGUOUS, "unknown"))
    batch = request_batch(size=3)
    work()
    manager = UserFactory.create(email="ana@glow.example")
    assert items_decide(batch=batch, status=ItemStatus.FAILED, by=manager, keys=[2]) == 1
    assert items_decide(batch=batch, status=ItemStatus.SUCCEEDED, by=manager) == 2
    assert (fresh(batch).succeeded, batch.failed, batch.unknown) == (2, 1, 0)
    assert set(batch.events.filter(what="decided").values_list("who", flat=True)) == {"ana@glow.example"}


def test_a_late_failure_changes_the_counts_but_neither_the_end_nor_the_notice(
    request_batch: Request, work: Work
) -> None:
    batch = request_batch(size=3)
    work()
    items_settle(batch_id=batch.pk, outcomes=[Outcome(2, ItemStatus.FAILED, "5.1.1")])
    assert fresh(batch).status == BatchStatus.COMPLETED
    assert (batch.succeeded, batch.failed, batch.failed_since_end) == (2, 1, 1)
    assert Notice.objects.count() == 1


def test_programs_take_turns_and_then_batches(request_batch: Request, worker: Worker) -> None:
    glow, bloom = MembershipFactory.create(), MembershipFactory.create()
    glow_one = request_batch(Marking, size=5, member=glow)
    glow_two = request_batch(Marking, size=5, member=glow)
    bloom_one = request_batch(Marking, size=5, member=bloom)
    served = []
    for _turn in range(3):
        batch = turn_take([Lane.BULK])
        assert batch is not None
        served.append(batch.pk)
    assert served == [glow_one.pk, bloom_one.pk, glow_two.pk]


def test_single_messages_go_ahead_of_bulk(request_batch: Request, worker: Worker) -> None:
    request_batch(size=5)
    single = request_batch(size=1, lane=Lane.EXPRESS, listed=False)
    batch = turn_take(list(Lane))
    assert batch == single


def test_what_went_out_before_the_click_is_not_counted_as_after_it(
    request_batch: Request, worker: Worker
) -> None:
    batch = request_batch(size=3)
    turn_take([Lane.BULK])
    taken = claim_take(batch.pk, 3, worker)
    assert taken is not None
    before = Outcome(1, ItemStatus.SUCCEEDED)
    batch_stop(batch=batch, by=UserFactory.create())
    claim_report(
        taken[0],
        batch.pk,
        [before, Outcome(2, ItemStatus.SUCCEEDED), Outcome(3, ItemStatus.PENDING)],
        lambda done: None,
    )
    batch_settle(batch.pk)
    assert fresh(batch).status == BatchStatus.STOPPED
    assert (batch.succeeded, batch.not_sent, batch.sent_after_stop) == (2, 1, 1)


@pytest.mark.parametrize("scheduled_for", [None, timezone.now() + timedelta(days=1)])
def test_a_batch_that_somebody_else_stops_before_it_began_ends_with_one_notice(
    request_batch: Request, work: Work, scheduled_for: datetime | None
) -> None:
    batch = request_batch(size=2, scheduled_for=scheduled_for)
    batch_stop(batch=batch, by=UserFactory.create())
    assert fresh(batch).status == BatchStatus.STOPPED
    assert batch.not_sent == 2
    assert Notice.objects.get().user == batch.requester
    assert list(batch.events.values_list("what", flat=True))[-2:] == ["stop_requested", "stopped"]


def test_whoever_stops_their_own_batch_gets_no_notice(request_batch: Request) -> None:
    batch = request_batch(size=2)
    batch_stop(batch=batch, by=batch.requester)
    assert not Notice.objects.exists()


def test_a_queued_batch_with_items_in_a_workers_hands_is_stopped_when_they_are_back(
    request_batch: Request, worker: Worker
) -> None:
    batch = request_batch(size=3)
    turn_take([Lane.BULK])
    taken = claim_take(batch.pk, 2, worker)
    assert taken is not None
    batch_broke(batch.pk, RuntimeError("elsewhere"))
    _make_due(batch)
    batch_stop(batch=batch, by=batch.requester)
    assert fresh(batch).status == BatchStatus.STOPPING
    claim_report(
        taken[0],
        batch.pk,
        [Outcome(1, ItemStatus.SUCCEEDED), Outcome(2, ItemStatus.PENDING)],
        lambda done: None,
    )
    batch_settle(batch.pk)
    assert fresh(batch).status == BatchStatus.STOPPED
    assert (batch.succeeded, batch.not_sent) == (1, 2)


def test_transactions_that_wait_for_each_other_cost_a_turn_and_not_the_worker(
    request_batch: Request, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Marking.process
    trouble = [OperationalError("deadlock detected"), None]

    def process(kind: Marking, batch: BatchRequest, lines: Sequence[Line]) -> Sequence[Outcome]:
        if (error := trouble.pop(0) if trouble else None) is not None:
            raise error from DeadlockDetected()
        return whole(kind, batch, lines)

    monkeypatch.setattr(Marking, "process", process)
    batch = request_batch(Marking, size=5)
    work()
    assert fresh(batch).status == BatchStatus.COMPLETED
    assert (batch.succeeded, batch.retries) == (5, 0)


def test_a_database_that_went_away_ends_the_worker(request_batch: Request, worker: Worker) -> None:
    Letters.break_open = OperationalError("server closed the connection unexpectedly")
    batch = request_batch(size=2)
    with pytest.raises(DatabaseAway):
        serve(list(Lane), worker)
    assert fresh(batch).status == BatchStatus.PROCESSING


def test_a_stop_is_not_lost_when_the_batch_becomes_due_at_the_same_moment(
    request_batch: Request, work: Work
) -> None:
    batch = request_batch(size=2, scheduled_for=timezone.now() + timedelta(hours=1))
    stopped = threading.Event()

    def press() -> BatchRequest:
        try:
            return batch_stop(batch=BatchRequest.objects.get(pk=batch.pk), by=batch.requester)
        finally:
            stopped.set()
            connection.close()

    with ThreadPoolExecutor(1) as hand:
        with transaction.atomic():  # the scheduler, which is just about to commit
            assert ledger.transition(batch.pk, BatchStatus.QUEUED, sources=[BatchStatus.SCHEDULED])
            pressed = hand.submit(press)
            assert not stopped.wait(0.5)
        assert pressed.result(timeout=60).status == BatchStatus.STOPPED
    assert fresh(batch).not_sent == 2
