"""What is to be told, written in the transaction that ends a batch."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from batches.documents import batch_document
from batches.models import BatchRequest
from batches.registry import kind_of
from batches.states import Lane
from batches.wake import wake_webhooks
from batches.webhook_models import Webhook, WebhookDelivery, WebhookEvent


def end_announce(*, batch: BatchRequest) -> int:
    """Write what each webhook of the program is to be told of a batch that has just ended; returns how many are told.

    Nobody is told of single messages, and of what runs by itself; imports are told of, though they have a list of their own.
    """
    own_list = not kind_of(batch).in_batch_requests
    if batch.lane == Lane.EXPRESS or not (batch.listed or own_list):
        return 0
    event = f"batch.{batch.status}"
    webhooks = Webhook.objects.filter(program=batch.program_id, is_active=True, events__contains=[event])
    told = [delivery_make(webhook, event, batch) for webhook in webhooks]
    if told:
        WebhookDelivery.objects.bulk_create(told)
        transaction.on_commit(wake_webhooks)
    return len(told)


def delivery_make(webhook: Webhook, event: str, batch: BatchRequest | None) -> WebhookDelivery:
    """What this webhook is to be told, not yet saved. `id` stays the same however often it is sent."""
    uid, now = uuid.uuid4(), timezone.now()
    body: dict[str, Any] = {"id": str(uid), "event": event, "at": _moment(now)}
    if batch is not None:
        document = batch_document(batch)
        document.pop("last_error")
        body["batch"] = document
    return WebhookDelivery(
        uid=uid, webhook=webhook, batch=batch, event=event, body=json.dumps(body), created_at=now
    )


def ping_announce(*, webhook: Webhook) -> WebhookDelivery:
    """Have the webhook told that this is a test."""
    with transaction.atomic():
        delivery = delivery_make(webhook, WebhookEvent.PING, None)
        delivery.save()
        transaction.on_commit(wake_webhooks)
    return delivery


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
