"""Whose turn it is, and how long a batch is let alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from batches.engine import turns
from batches.engine.claims import claim_report, claim_take
from batches.engine.slices import serve
from batches.engine.turns import turn_take
from batches.engine.worker import Worker
from batches.kinds import Outcome
from batches.models import BatchItem, BatchRequest
from batches.services import batch_broke, batch_retry_due
from batches.states import BatchStatus, ItemStatus, Lane
from tests.batches.kinds import Marking
from tests.factories import MembershipFactory

Request = Callable[..., BatchRequest]


def test_a_program_with_many_small_batches_does_not_keep_another_waiting(
    request_batch: Request, worker: Worker
) -> None:
    glow, bloom = MembershipFactory.create(), MembershipFactory.create()
    many = [request_batch(Marking, size=2, member=glow) for _ in range(4)]
    other = request_batch(Marking, size=2, member=bloom)
    for _turn in range(2):
        serve([Lane.BULK], worker)
    other.refresh_from_db()
    assert other.status == BatchStatus.COMPLETED
    assert sum(BatchRequest.objects.get(pk=one.pk).status == BatchStatus.QUEUED for one in many) == 3


def later(batch: BatchRequest, key: int) -> Outcome:
    return Outcome(key, ItemStatus.PENDING, not_before=timezone.now() + timedelta(minutes=10))


def test_what_comes_back_is_not_kept_waiting_for_another_items_retry(
    request_batch: Request, worker: Worker
) -> None:
    batch = request_batch(size=2)
    turn_take([Lane.BULK])
    one, two = claim_take(batch.pk, 1, worker), claim_take(batch.pk, 1, worker)
    assert one is not None
    assert two is not None
    claim_report(one[0], batch.pk, [later(batch, 1)], lambda done: None)
    turns.sleep_until_due(batch.pk)
    assert turn_take([Lane.BULK]) is None
    claim_report(two[0], batch.pk, [Outcome(2, ItemStatus.PENDING, free=True)], lambda done: None)
    assert turn_take([Lane.BULK]) == batch


def test_a_batch_with_something_to_claim_now_does_not_sleep_for_what_is_due_later(
    request_batch: Request, worker: Worker
) -> None:
    batch = request_batch(size=2)
    BatchItem.objects.filter(batch=batch, key=1).update(not_before=timezone.now() + timedelta(minutes=10))
    turn_take([Lane.BULK])
    turns.sleep_until_due(batch.pk)
    assert turn_take([Lane.BULK]) == batch


def test_a_worker_that_finds_nothing_to_do_cannot_change_when_a_broken_batch_is_tried_again(
    request_batch: Request, worker: Worker
) -> None:
    batch = request_batch(size=1)
    turn_take([Lane.BULK])
    batch_broke(batch.pk, RuntimeError("elsewhere"))
    batch.refresh_from_db()
    until = batch.wake_at
    turns.sleep(batch.pk, until=None, reason="pace")
    BatchItem.objects.filter(batch=batch).update(not_before=timezone.now() + timedelta(minutes=10))
    turns.sleep_until_due(batch.pk)
    batch.refresh_from_db()
    assert (batch.wake_at, batch.wait_reason) == (until, "broke")


def test_a_batch_does_not_give_up_while_somebody_has_some_of_it_in_hand(
    request_batch: Request, worker: Worker
) -> None:
    batch = request_batch(size=2)
    turn_take([Lane.BULK])
    taken = claim_take(batch.pk, 1, worker)
    assert taken is not None
    for _break in range(6):
        break_once(batch)
    batch.refresh_from_db()
    assert (batch.status, batch.in_flight) == (BatchStatus.WAITING_FOR_RETRY, 1)
    claim_report(taken[0], batch.pk, [Outcome(1, ItemStatus.PENDING, free=True)], lambda done: None)
    break_once(batch)
    batch.refresh_from_db()
    assert (batch.status, batch.not_sent, batch.waiting) == (BatchStatus.FAILED, 2, 0)


def break_once(batch: BatchRequest) -> None:
    BatchRequest.objects.filter(pk=batch.pk).update(wake_at=timezone.now())
    batch_retry_due()
    turn_take([Lane.BULK])
    batch_broke(batch.pk, RuntimeError("no channel"))
