"""Who is due on which day, by a template that goes out on dates: the one definition, for sending and for what was missed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import CharField, Count, Exists, OuterRef, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Left

from campaigns.models import Participant
from messaging.models import AutomatedDelivery, Template


def due_between(template: Template, since: date, until: date) -> QuerySet[Participant]:
    """The participants who are due from one day to another, both included, whether they have had it or not.

    Each has `said`: the date, as text, that makes them due. The template needs a campaign.
    """
    found = Participant.objects.filter(campaign=template.campaign_id)
    if template.on_date is not None:
        fixed = Value(template.on_date.isoformat(), output_field=CharField())
        found = found.annotate(said=fixed)
        if not since <= template.on_date <= until:
            return found.none()
    else:
        # Compared as text, each day by itself: a value that is no date must not stop everything.
        said = Left(KeyTextTransform(template.date_name, "dates"), 10)
        first = since - timedelta(days=template.date_offset)
        wanted = [(first + timedelta(days=number)).isoformat() for number in range((until - since).days + 1)]
        found = found.annotate(said=said).filter(said__in=wanted)
    stages = [stage.pk for stage in template.stages.all()]
    return found.filter(stage__in=stages) if stages else found


def not_sent(template: Template, people: QuerySet[Participant]) -> QuerySet[Participant]:
    """Those of them who were never sent the template by itself."""
    had = AutomatedDelivery.objects.filter(template=template, influencer=OuterRef("influencer"))
    return people.filter(~Exists(had))


def by_day(template: Template, people: QuerySet[Participant]) -> list[tuple[date, int]]:
    """How many of them were due on which day, the first day first; `people` come from `due_between`."""
    offset = timedelta(days=0 if template.on_date else template.date_offset)
    counted: QuerySet[Any, Any] = people.order_by()
    rows = counted.values_list("said").annotate(people=Count("pk"))
    return sorted((date.fromisoformat(said) + offset, number) for said, number in rows)
