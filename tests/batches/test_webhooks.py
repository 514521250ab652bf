"""Webhooks: told once a batch has ended, signed, tried again for three days, each attempt kept, never inside."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batchadmin.lib.signing import signature
from batches import jobs
from batches.engine.sweeper import sweep
from batches.models import BatchRequest, Webhook, WebhookDelivery
from batches.services import batch_settle, batch_stop
from batches.states import BatchStatus
from batches.webhook_models import DeliveryStatus, all_ends
from batches.webhooks.announcing import ping_announce
from batches.webhooks.endpoints import webhook_add, webhook_change, webhook_remove
from batches.webhooks.sending import WAITS, deliveries_send, delivery_again
from tests.batches.factories import make_membership_batch
from tests.factories import MembershipFactory
from tests.fixtures.receiver import Receiver

pytestmark = pytest.mark.usefixtures("kinds", "redis_db", "allowed")


@pytest.fixture
def allowed(settings: Any) -> None:
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]


@pytest.fixture
def member(transactional_db: None) -> Membership:
    made: Membership = MembershipFactory.create()
    return made


@pytest.fixture
def webhook(member: Membership, receiver: Receiver) -> Webhook:
    return webhook_add(program=member.program, by=member.user, url=receiver.url, events=all_ends())


def end(member: Membership, **more: Any) -> BatchRequest:
    """A batch of the member that ends now."""
    batch = make_membership_batch(member, succeeded=2, **more)
    BatchRequest.objects.filter(pk=batch.pk).update(status=BatchStatus.PROCESSING)
    batch_settle(batch.pk)
    return batch


def due_now() -> None:
    WebhookDelivery.objects.update(next_at=timezone.now())


def test_the_end_of_a_batch_is_told_and_signed(
    member: Membership, webhook: Webhook, receiver: Receiver
) -> None:
    batch = end(member)
    assert deliveries_send() == 1
    (got,) = receiver.requests
    assert (got.json["event"], got.json["batch"]["id"]) == ("batch.completed", batch.pk)
    assert got.json["batch"]["counts"]["succeeded"] == 2
    assert "last_error" not in got.json["batch"]
    at = int(got.headers["Batchadmin-Timestamp"])
    assert got.headers["Batchadmin-Signature"] == signature(str(webhook.secret), got.body, at=at)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, str(delivery.uid)) == (
        DeliveryStatus.DELIVERED,
        got.headers["Batchadmin-Delivery"],
    )
    assert deliveries_send() == 0


def test_an_end_that_is_undone_is_not_told(member: Membership, webhook: Webhook) -> None:
    batch = make_membership_batch(member, pending=1)
    batch_settle(batch.pk)
    assert not WebhookDelivery.objects.exists()


def test_a_stop_is_told_once(member: Membership, webhook: Webhook) -> None:
    batch = make_membership_batch(member, pending=3, status="scheduled")
    batch_stop(batch=batch, by=member.user, force=True)
    batch_stop(batch=batch, by=member.user, force=True)
    assert [delivery.event for delivery in WebhookDelivery.objects.all()] == ["batch.stopped"]


def test_only_wanted_events_of_the_own_program_are_told(member: Membership, receiver: Receiver) -> None:
    webhook_add(program=member.program, by=member.user, url=receiver.url, events=["batch.failed"])
    other = MembershipFactory.create()
    webhook_add(program=other.program, by=other.user, url=receiver.url, events=all_ends())
    end(member)
    end(member, failed=1)
    assert [delivery.event for delivery in WebhookDelivery.objects.all()] == ["batch.failed"]


def test_single_messages_and_automation_are_not_told_of(member: Membership, webhook: Webhook) -> None:
    end(member, listed=False)
    end(member, lane="express")
    assert not WebhookDelivery.objects.exists()


def test_a_server_in_trouble_is_told_again_until_it_listens(
    member: Membership, webhook: Webhook, receiver: Receiver
) -> None:
    receiver.answers = [500, 503, 200]
    end(member)
    for tries, wait in enumerate(WAITS[:2], start=1):
        before = timezone.now()
        deliveries_send()
        delivery = WebhookDelivery.objects.get()
        assert (delivery.status, delivery.tries) == (DeliveryStatus.WAITING, tries)
        assert before <= delivery.next_at - timedelta(seconds=wait) <= timezone.now()
        assert deliveries_send() == 0
        due_now()
    deliveries_send()
    delivery.refresh_from_db()
    assert delivery.status == DeliveryStatus.DELIVERED
    assert [attempt.status for attempt in delivery.attempts.all()] == [200, 503, 500]
    assert len({got.body for got in receiver.requests}) == 1


def test_after_three_days_it_is_given_up(member: Membership, webhook: Webhook, receiver: Receiver) -> None:
    receiver.answers = [502]
    end(member)
    hours = 0.0
    while WebhookDelivery.objects.get().status == DeliveryStatus.WAITING:
        deliveries_send()
        delivery = WebhookDelivery.objects.get()
        passed = delivery.next_at - timezone.now()
        hours += max(passed.total_seconds(), 0) / 3_600
        WebhookDelivery.objects.update(next_at=timezone.now(), give_up_at=delivery.give_up_at - passed)
    assert WebhookDelivery.objects.get().status == DeliveryStatus.GIVEN_UP
    assert 48 < hours <= 72


@pytest.mark.parametrize("status", [400, 404, 410, 429, 302])
def test_what_says_that_we_are_wrong_is_not_tried_again(
    member: Membership, webhook: Webhook, receiver: Receiver, status: int
) -> None:
    receiver.answers = [status]
    end(member)
    deliveries_send()
    assert WebhookDelivery.objects.get().status == DeliveryStatus.DROPPED


def test_it_is_sent_again_by_hand(member: Membership, webhook: Webhook, receiver: Receiver) -> None:
    receiver.answers = [404, 200]
    end(member)
    deliveries_send()
    delivery = WebhookDelivery.objects.get()
    assert delivery_again(delivery=delivery)
    assert not delivery_again(delivery=delivery)
    deliveries_send()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts.count()) == (DeliveryStatus.DELIVERED, 2)
    assert receiver.requests[0].json["id"] == receiver.requests[1].json["id"]


def test_an_inside_address_is_neither_taken_nor_told(
    member: Membership, webhook: Webhook, receiver: Receiver, settings: Any
) -> None:
    end(member)
    settings.OUTGOING_ALLOWED_HOSTS = []
    deliveries_send()
    assert receiver.requests == []
    assert WebhookDelivery.objects.get().status == DeliveryStatus.DROPPED
    assert "private network" in WebhookDelivery.objects.get().attempts.get().error


def test_a_worker_that_dies_in_the_middle_loses_nothing(
    member: Membership, webhook: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    end(member)
    with monkeypatch.context() as dying:
        dying.setattr("batches.webhooks.sending._post", lambda letter: exec("raise SystemExit"))
        with pytest.raises(SystemExit):
            deliveries_send()
    assert deliveries_send() == 0  # claimed for a minute
    WebhookDelivery.objects.update(next_at=timezone.now())
    assert deliveries_send() == 1
    assert len(receiver.requests) == 1


def test_a_switched_off_webhook_is_told_nothing(
    member: Membership, webhook: Webhook, receiver: Receiver
) -> None:
    end(member)
    webhook_change(webhook=webhook, by=member.user, url=webhook.url, events=all_ends(), is_active=False)
    end(member)
    deliveries_send()
    assert receiver.requests == []
    assert [one.status for one in WebhookDelivery.objects.all()] == [DeliveryStatus.DROPPED]


def test_a_removed_webhook_takes_what_waits_along(member: Membership, webhook: Webhook) -> None:
    end(member)
    webhook_remove(webhook=webhook, by=member.user)
    assert deliveries_send() == 0


def test_the_sweep_calls_a_worker_whatever_became_of_redis(
    member: Membership, webhook: Webhook, receiver: Receiver, redis_db: Any
) -> None:
    end(member)
    redis_db.flushdb()
    assert sweep()["deliveries_wake"] == 1
    assert redis_db.llen("rq:queue:express")
    jobs.tell_webhooks()
    assert len(receiver.requests) == 1


def test_a_test_is_told_as_one(webhook: Webhook, receiver: Receiver) -> None:
    ping_announce(webhook=webhook)
    deliveries_send()
    assert receiver.requests[0].json["event"] == "ping"


def test_the_secret_is_not_kept_in_plain_text(webhook: Webhook) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM batches_webhook")
        (stored,) = cursor.fetchone()
    assert str(webhook.secret) not in stored
