"""Receipts count once, in any order, and never take anything back."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from batches.states import ItemStatus
from messaging.identifiers import item_of, our_id
from messaging.models import Broadcast, Message, Receipt, SimulatedReceipt
from messaging.news import News
from messaging.receipt_rhythm import receipts_new_apply
from messaging.receipts import receipts_record, simulated_receipts_due
from messaging.states import ReceiptWhat
from tests.messaging.factories import ChannelFactory, people, request_broadcast

Send = Callable[..., BatchRequest]


def news(broadcast: Broadcast, key: int, what: str, minutes: int = 0) -> News:
    at = timezone.now() + timedelta(minutes=minutes)
    return News(our_id(broadcast.pk, key), ReceiptWhat(what), at, "5.1.1" if what == "failed" else "", "")


@pytest.fixture
def sent(member: Membership, send: Send) -> Broadcast:
    """A broadcast that three people have."""
    people(member, 3)
    broadcast = request_broadcast(member)
    send(broadcast)
    broadcast.refresh_from_db()
    return broadcast


def keys(broadcast: Broadcast) -> list[int]:
    return list(broadcast.batch.items.order_by("key").values_list("key", flat=True))


@pytest.mark.parametrize("order", list(itertools.permutations(["sent", "delivered", "read"])))
def test_in_any_order_the_furthest_stands_and_every_time_is_kept(
    sent: Broadcast, order: tuple[str, ...]
) -> None:
    key = keys(sent)[0]
    for what in order:
        receipts_record(channel=sent.channel, news=[news(sent, key, what)])
    message = Message.objects.get(batch_id=sent.pk, key=key)
    sent.refresh_from_db()
    assert message.status == "read"
    assert message.sent_at and message.delivered_at and message.read_at  # noqa: PT018
    assert (sent.delivered, sent.read) == (1, 1)


def test_the_same_word_twice_counts_once(sent: Broadcast) -> None:
    word = news(sent, keys(sent)[0], "delivered")
    assert receipts_record(channel=sent.channel, news=[word, word]) == 1
    assert receipts_record(channel=sent.channel, news=[word]) == 0
    sent.refresh_from_db()
    assert (sent.delivered, Receipt.objects.count()) == (1, 1)


def test_read_implies_delivered(sent: Broadcast) -> None:
    receipts_record(channel=sent.channel, news=[news(sent, keys(sent)[0], "read")])
    sent.refresh_from_db()
    assert (sent.delivered, sent.read) == (1, 1)


def test_a_late_failure_moves_one_from_successful_to_failed_and_the_end_stands(sent: Broadcast) -> None:
    receipts_record(channel=sent.channel, news=[news(sent, keys(sent)[0], "failed")])
    batch = BatchRequest.objects.get(pk=sent.pk)
    assert (batch.status, batch.succeeded, batch.failed, batch.failed_since_end) == ("completed", 2, 1, 1)
    assert batch.items.get(key=keys(sent)[0]).reason == "5.1.1"


def test_a_failure_after_delivery_was_seen_is_not_believed(sent: Broadcast) -> None:
    key = keys(sent)[0]
    receipts_record(channel=sent.channel, news=[news(sent, key, "delivered")])
    receipts_record(channel=sent.channel, news=[news(sent, key, "failed")])
    batch = BatchRequest.objects.get(pk=sent.pk)
    assert (batch.succeeded, batch.failed) == (3, 0)
    assert Message.objects.get(batch_id=sent.pk, key=key).status == "delivered"


@pytest.mark.parametrize(
    ("what", "counts"), [("delivered", (3, 0, 0)), ("sent", (3, 0, 0)), ("failed", (2, 1, 0))]
)
def test_an_unknown_outcome_is_settled_by_what_the_provider_says(
    sent: Broadcast, what: str, counts: tuple[int, int, int]
) -> None:
    key = keys(sent)[0]
    sent.batch.items.filter(key=key).update(status=ItemStatus.UNKNOWN)
    BatchRequest.objects.filter(pk=sent.pk).update(succeeded=2, unknown=1)
    Message.objects.filter(batch_id=sent.pk, key=key).update(status="unknown")
    receipts_record(channel=sent.channel, news=[news(sent, key, what)])
    batch = BatchRequest.objects.get(pk=sent.pk)
    assert (batch.succeeded, batch.failed, batch.unknown) == counts


def test_a_receipt_that_comes_before_its_message_is_recorded_waits_for_it(sent: Broadcast) -> None:
    key = keys(sent)[0]
    message = Message.objects.get(batch_id=sent.pk, key=key)
    message.delete()
    receipts_record(channel=sent.channel, news=[news(sent, key, "delivered")])
    assert Receipt.objects.unmatched().count() == 1
    message.pk = None
    message.save()
    receipts_new_apply()
    assert Message.objects.get(batch_id=sent.pk, key=key).status == "delivered"
    assert Receipt.objects.unmatched().count() == 0


def test_a_receipt_of_another_channel_changes_nothing(sent: Broadcast) -> None:
    other = ChannelFactory.create(program=sent.batch.program)
    receipts_record(channel=other, news=[news(sent, keys(sent)[0], "delivered")])
    assert Message.objects.get(batch_id=sent.pk, key=keys(sent)[0]).status == "sent"


def test_the_sandbox_reports_by_the_same_way(member: Membership, send: Send) -> None:
    people(member, 40)
    settings = {"delivered": 100, "read": 100, "failed": 0, "late": 0, "latency": 0, "receipts_after": 0}
    broadcast = request_broadcast(member, ChannelFactory.create(program=member.program, settings=settings))
    send(broadcast)
    simulated_receipts_due()
    broadcast.refresh_from_db()
    assert (broadcast.delivered, broadcast.read) == (40, 40)
    assert SimulatedReceipt.objects.count() == 0


def test_receipts_that_never_match_do_not_hold_up_those_that_do(sent: Broadcast) -> None:
    strangers = [News(f"wamid.{number}", ReceiptWhat.SENT, timezone.now()) for number in range(1_005)]
    receipts_record(channel=sent.channel, news=strangers)
    key = keys(sent)[0]
    message = Message.objects.get(batch_id=sent.pk, key=key)
    message.delete()
    receipts_record(channel=sent.channel, news=[news(sent, key, "delivered")])
    message.pk = None
    message.save()
    receipts_new_apply()
    assert Message.objects.get(batch_id=sent.pk, key=key).status == "delivered"
    assert Receipt.objects.unmatched().count() == 1_005


@pytest.mark.parametrize("text", ["b1-2\n", "b1-", "b1-9999999999999999999", "b٣-1", "wamid.b1-2"])
def test_only_what_we_wrote_ourselves_is_an_id_of_ours(text: str) -> None:
    assert (item_of("b1-2"), item_of(text)) == ((1, 2), None)
