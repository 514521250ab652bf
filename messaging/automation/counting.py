"""What templates have sent by themselves, in numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from batches.models import COUNTED, BatchItem
from batches.reasons import Reason, reason_of
from messaging.audience import AUTOMATED
from messaging.models import AutomatedDelivery, Broadcast, Template
from messaging.providers.registry import silent_types


@dataclass(frozen=True, slots=True)
class Sums:
    """The messages of a template by fate; they add up to `total`."""

    total: int = 0
    pending: int = 0
    in_flight: int = 0
    succeeded: int = 0
    failed: int = 0
    skipped: int = 0
    not_sent: int = 0
    unknown: int = 0
    reported: int = 0  # of the total, on channels that report deliveries; the next two are of these
    delivered: int = 0
    read: int = 0

    @property
    def waiting(self) -> int:
        return self.pending + self.in_flight


@dataclass(frozen=True, slots=True)
class Why:
    """How many ended so for one reason."""

    status: str
    reason: Reason
    number: int


def sums_of(templates: Iterable[Template]) -> dict[int, Sums]:
    """The sums of each template that has sent anything by itself, by id; one query."""
    sent = Broadcast.objects.filter(
        template__in=[template.pk for template in templates], batch__kind=AUTOMATED
    )
    columns = {name: Sum(f"batch__{name}") for name in ("total", *COUNTED)}
    reporting = ~Q(channel__type__in=silent_types())
    heard = {
        "reported": Sum("batch__total", filter=reporting, default=0),
        "delivered_sum": Sum("delivered", filter=reporting, default=0),
        "read_sum": Sum("read", filter=reporting, default=0),
    }
    rows = sent.order_by().values("template_id").annotate(**columns, **heard)
    return {
        found["template_id"]: Sums(
            **{name: found[name] for name in ("total", *COUNTED)},
            reported=found["reported"],
            delivered=found["delivered_sum"],
            read=found["read_sum"],
        )
        for found in map(dict[str, Any], rows)
    }


def whys_of(template: Template) -> list[Why]:
    """Why people were left out or not reached, the most frequent first."""
    counted = (
        items_of(template)
        .exclude(reason="")
        .order_by()
        .values("status", "reason")
        .annotate(number=Count("key"))
    )
    found = [Why(row["status"], reason_of(row["reason"]), row["number"]) for row in counted]
    return sorted(found, key=lambda why: -why.number)


def items_of(template: Template) -> QuerySet[BatchItem]:
    """The items of everything that the template has sent by itself."""
    batches = Broadcast.objects.filter(template=template, batch__kind=AUTOMATED)
    return BatchItem.objects.filter(batch_id__in=batches.values("batch_id"))


def deliveries_of(template: Template, statuses: Iterable[str], reason: str) -> QuerySet[AutomatedDelivery]:
    """Who was sent it, the newest first; only those whose item has one of the statuses, and the reason, if any are given."""
    found = AutomatedDelivery.objects.filter(template=template).select_related("influencer").order_by("-pk")
    statuses = list(statuses)
    if not statuses and not reason:
        return found
    items = items_of(template)
    if statuses:
        items = items.filter(status__in=statuses)
    if reason:
        items = items.filter(reason=reason)
    return found.filter(influencer_id__in=items.values("key"))
