"""What follows for templates when participants are given a date, or lose it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from batchadmin.lib.templatetags.ui import amount
from campaigns.models import Campaign, Participant
from messaging.models import Template

from .days import due_day
from .due import not_sent
from .late import first_day


def date_names_awaited(*, campaign: Campaign) -> list[str]:
    """The names of the dates that templates of the campaign go out on."""
    named = Template.objects.filter(campaign=campaign).sent_on_dates().exclude(date_name="")
    return sorted(set(named.order_by().values_list("date_name", flat=True)))


def date_words(
    *, campaign: Campaign, participants: QuerySet[Participant, Any], name: str, day: date | None
) -> list[str]:
    """One sentence for each template that goes out on the date: to how many of them, and when."""
    awaiting = Template.objects.filter(campaign=campaign, date_name=name).sent_on_dates()
    return [_sentence(template, participants, day) for template in awaiting if template.is_sent_on_dates]


def _sentence(template: Template, participants: QuerySet[Participant, Any], day: date | None) -> str:
    stages = [stage.pk for stage in template.stages.all()]
    at_stages = participants.filter(stage__in=stages) if stages else participants
    people = not_sent(template, at_stages).count()
    if not people:
        return _("“%(name)s” goes to nobody: they have had it, or stand at other stages.") % {
            "name": template.name
        }
    if day is None:
        words = ngettext(
            "“%(name)s” is not sent to %(people)s of them any more.",
            "“%(name)s” is not sent to %(people)s of them any more.",
            people,
        )
        return words % {"name": template.name, "people": amount(people)}
    goes_out = day + timedelta(days=template.date_offset)
    told = {"name": template.name, "people": amount(people), "day": date_format(goes_out, "j M Y")}
    if goes_out < max(first_day(template), due_day(timezone.now(), template.program.time_zone)):
        return _("“%(name)s” is not sent: its day, %(day)s, has passed.") % told
    return _("“%(name)s” goes to %(people)s of them on %(day)s, from 07:00.") % told
