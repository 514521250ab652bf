"""Bulk messages > Automation: what goes out by itself, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from django.db.models import Exists, OuterRef, Prefetch, Q
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from batchadmin.accounts.access import MemberRequest, member_required
from batchadmin.accounts.states import Role
from batchadmin.lib.listing import is_bare, render_list
from batchadmin.lib.tables import table_configure
from batches.states import ItemStatus
from campaigns.models import Stage
from messaging.automation.counting import Sums, deliveries_of, sums_of, whys_of
from messaging.automation.faults import fault_sentence
from messaging.automation.late import Late, late_check, troubles_of
from messaging.automation.late_words import late_sentence
from messaging.automation.tables import AutomationTable, DeliveryTable
from messaging.automation.usage import usage_of
from messaging.filters import STATUSES, WAITING
from messaging.list_filters import DueFilter, TemplateFilter
from messaging.models import AutomatedDelivery, Template
from messaging.presentation import came_back_words
from messaging.states import Delivery

from .templates import template_find

COLOURS = {
    ItemStatus.SUCCEEDED.value: "green",
    ItemStatus.FAILED.value: "red",
    ItemStatus.UNKNOWN.value: "purple",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What is late, for the page: in words, and how many would be written to now."""

    template: Template
    words: str
    reached: int

    @classmethod
    def of(cls, late: Late) -> Self:
        return cls(late.template, late_sentence(late), late_check(late).reached)


@require_GET
@member_required()
def automation(request: MemberRequest) -> HttpResponseBase:
    """The templates that go out by themselves, and those that did."""
    sent = AutomatedDelivery.objects.filter(template=OuterRef("pk"))
    rows = Template.objects.visible_to(request.membership).filter(~Q(delivery=Delivery.MANUAL) | Exists(sent))
    narrowed = TemplateFilter(request, rows)
    stages = Prefetch("stages", Stage.objects.select_related("campaign"))
    rows = narrowed.qs.select_related("campaign", "channel").prefetch_related(stages).in_order()
    table = table_configure(request, AutomationTable(rows, slug=request.membership.program.slug))
    lates, broken = troubles_of(request.membership.program, timezone.now())
    context = {
        "table": table,
        "filter": narrowed,
        "nothing_at_all": is_bare(table, narrowed),
        "lates": [Shown.of(late) for late in lates],
        "faults": [(watch, fault_sentence(watch)) for watch in broken],
        "may_settle": request.membership.may(Role.MANAGER),
    }
    return render_list(request, "messaging/automation/automation.html", context)


@require_GET
@member_required()
def automation_template(request: MemberRequest, pk: int) -> HttpResponseBase:
    """One template: the numbers, why people were not reached, and who they are."""
    template = template_find(request, pk)
    status = request.GET.get("status", "")
    status = status if status in STATUSES else ""
    reason = request.GET.get("reason", "").replace("\x00", "")[:40]
    narrowed = DueFilter(request, deliveries_of(template, STATUSES.get(status, ()), reason))
    sums = sums_of([template]).get(template.pk, Sums())
    context: dict[str, Any] = {
        "template": template,
        "usage": usage_of(template),
        "sums": sums,
        "came_back": came_back_words(delivered=sums.delivered, read=sums.read, total=sums.reported),
        "tallies": tallies_of(sums, status),
        "whys": whys_of(template),
        "table": table_configure(request, DeliveryTable(narrowed.qs, slug=request.membership.program.slug)),
        "filter": narrowed,
        "filtered": bool(status or reason),
        "kept": {"status": status, "reason": reason},
    }
    return render_list(request, "messaging/automation/template.html", context)


def tallies_of(sums: Sums, current: str) -> list[dict[str, Any]]:
    """The numbers as links that narrow the table down; they add up to the total."""
    words = {
        ItemStatus.SUCCEEDED.value: _("Successful"),
        ItemStatus.FAILED.value: _("Failed"),
        ItemStatus.SKIPPED.value: _("Skipped"),
        ItemStatus.NOT_SENT.value: _("Not sent"),
        ItemStatus.UNKNOWN.value: _("Unknown"),
        WAITING: _("Waiting"),
    }
    return [
        {
            "label": label,
            "count": getattr(sums, name),
            "url": f"?status={name}",
            "colour": COLOURS.get(name, "dark"),
            "current": name == current,
        }
        for name, label in words.items()
    ]
