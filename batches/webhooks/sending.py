"""Telling webhooks: due rows are claimed, posted a few at a time, and what came of each attempt is written down.

A row is the truth: a worker that dies in the middle leaves it due again a minute later. So a webhook may be told twice,
and its `id` says so; it is never not told.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from batchadmin.lib.outgoing import OutgoingError, OutgoingRefused, post
from batchadmin.lib.signing import signed_headers
from batches.wake import wake_webhooks
from batches.webhook_models import DeliveryStatus, WebhookAttempt, WebhookDelivery, end_of_tries

AT_ONCE = 8
SECONDS = 10.0
CLAIMED_FOR = timedelta(seconds=60)
# Seconds from one attempt to the next; the last one again and again, until three days are over.
WAITS = (10, 60, 300, 900, 3_600, 7_200, 14_400, 28_800, 43_200)


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be posted, read before threads begin: they don't touch the database."""

    delivery: WebhookDelivery
    url: str
    secret: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt. `final`: trying again would not help."""

    status: int | None = None
    answer: str = ""
    error: str = ""
    seconds: float = 0.0
    final: bool = False

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def deliveries_send() -> int:
    """Tell a few of the things that are due, at the same time; returns how many. Takes about ten seconds at most."""
    letters = _claim()
    if not letters:
        return 0
    with ThreadPoolExecutor(max_workers=AT_ONCE) as threads:
        outcomes = list(threads.map(_post, letters))
    for letter, outcome in zip(letters, outcomes, strict=True):
        _record(letter.delivery, outcome)
    return len(letters)


def deliveries_wake() -> int:
    """Call a worker if something waits to be told. Returns how much."""
    due = WebhookDelivery.objects.due().count()
    if due:
        wake_webhooks()
    return due


def delivery_again(*, delivery: WebhookDelivery) -> bool:
    """Send again by hand, at once, what is not waiting anyway; returns whether it will be."""
    with transaction.atomic():
        changed = (
            WebhookDelivery.objects.filter(pk=delivery.pk)
            .exclude(status=DeliveryStatus.WAITING)
            .update(
                status=DeliveryStatus.WAITING,
                next_at=timezone.now(),
                tries=0,
                give_up_at=end_of_tries(),
                ended_at=None,
            )
        )
        if changed:
            transaction.on_commit(wake_webhooks)
    return bool(changed)


def _claim() -> list[Letter]:
    with transaction.atomic():
        due = WebhookDelivery.objects.due().select_for_update(skip_locked=True, of=("self",))
        found = list(due.select_related("webhook")[:AT_ONCE])
        for delivery in found:
            delivery.tries += 1
            delivery.next_at = timezone.now() + CLAIMED_FOR
        WebhookDelivery.objects.bulk_update(found, ["tries", "next_at"])
    return [Letter(delivery, delivery.webhook.url, str(delivery.webhook.secret)) for delivery in found]


def _post(letter: Letter) -> Outcome:
    if not letter.delivery.webhook.is_active:
        return Outcome(error="The webhook is switched off.", final=True)
    body = letter.delivery.body.encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Batchadmin",
        "Batchadmin-Event": letter.delivery.event,
        "Batchadmin-Delivery": str(letter.delivery.uid),
        **signed_headers(letter.secret, body, at=int(time.time())),
    }
    try:
        reply = post(letter.url, body=body, headers=headers, seconds=SECONDS)
    except OutgoingRefused as refused:
        return Outcome(error=str(refused), final=True)
    except OutgoingError as error:
        return Outcome(error=str(error))
    # A redirect isn't followed: the address has to be corrected, as for any answer that says that we are wrong.
    return Outcome(reply.status, reply.body, seconds=reply.seconds, final=reply.status < 500)


def _record(delivery: WebhookDelivery, outcome: Outcome) -> None:
    now = timezone.now()
    with transaction.atomic():
        WebhookAttempt.objects.create(
            delivery=delivery,
            at=now,
            status=outcome.status,
            answer=outcome.answer,
            error=outcome.error[:500],
            seconds=outcome.seconds,
        )
        status, next_at = _fate(delivery, outcome, now)
        WebhookDelivery.objects.filter(pk=delivery.pk).update(
            status=status, next_at=next_at, ended_at=None if status == DeliveryStatus.WAITING else now
        )


def _fate(delivery: WebhookDelivery, outcome: Outcome, now: datetime) -> tuple[DeliveryStatus, datetime]:
    if outcome.is_success:
        return DeliveryStatus.DELIVERED, now
    if outcome.final:
        return DeliveryStatus.DROPPED, now
    next_at = now + timedelta(seconds=wait_after(delivery.tries))
    if next_at > delivery.give_up_at:
        return DeliveryStatus.GIVEN_UP, now
    return DeliveryStatus.WAITING, next_at


def wait_after(tries: int, waits: Sequence[int] = WAITS) -> int:
    """Seconds to wait after so many attempts."""
    return waits[min(tries, len(waits)) - 1]
