"""Where a template is used: stages, dates, broadcasts."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Subquery
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from batches.states import LIVE
from campaigns.models import Stage
from messaging.audience import AUTOMATED
from messaging.models import Broadcast, Template
from messaging.states import Delivery

MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Usage:
    """Who or what sends a template."""

    stages: list[Stage]
    when: str  # the date, in words; empty if it goes out on none
    broadcasts: list[Broadcast]  # the newest
    number: int  # of broadcasts, all of them
    is_automated: bool

    @property
    def is_used(self) -> bool:
        return bool(self.stages or self.when or self.number)


def usage_of(template: Template) -> Usage:
    """Where the template is used."""
    listed = Broadcast.objects.filter(template=template).listed().exclude(batch__kind=AUTOMATED)
    on_entry = template.delivery == Delivery.STAGE
    stages = (
        sorted(template.stages.all(), key=lambda one: (one.campaign.name, one.position)) if on_entry else []
    )
    counted = listed.order_by().values("template").annotate(number=Count("pk")).values("number")
    rows = listed.select_related("batch").annotate(number=Subquery(counted)).newest_first()
    newest = list(rows[:MOST_SHOWN])
    return Usage(
        stages=stages,
        when=when_words(template),
        broadcasts=newest,
        number=newest[0].number if newest else 0,  # type: ignore[attr-defined]
        is_automated=template.is_automated,
    )


def when_words(template: Template) -> str:
    """On which date the template goes out, in words; empty if on none."""
    if template.delivery != Delivery.DATE:
        return ""
    if template.on_date is not None:
        return _("On %(day)s, from 07:00") % {"day": date_format(template.on_date, "j M Y")}
    days, name = template.date_offset, template.date_name
    if days == 0:
        return _("On the date “%(name)s” of each participant, from 07:00") % {"name": name}
    if days < 0:
        words = ngettext(
            "%(days)s day before “%(name)s” of each participant, from 07:00",
            "%(days)s days before “%(name)s” of each participant, from 07:00",
            -days,
        )
    else:
        words = ngettext(
            "%(days)s day after “%(name)s” of each participant, from 07:00",
            "%(days)s days after “%(name)s” of each participant, from 07:00",
            days,
        )
    return words % {"days": abs(days), "name": name}


def stage_needs(stage: Stage) -> list[str]:
    """Why a stage can't go yet: templates that go out at it, and messages that wait and name it."""
    templates = Template.objects.filter(stages=stage).exclude(delivery=Delivery.MANUAL).order_by("name")
    words = _("The template “%(name)s” goes out at this stage. Change when it is sent first.")
    waiting = Broadcast.objects.filter(stage=stage, batch__status__in=LIVE).select_related("batch")
    wait = _("The message “%(name)s” has still to go out and is about this stage. Stop it, or wait for it.")
    return [
        *(words % {"name": template.name} for template in templates),
        *(wait % {"name": broadcast.batch.title} for broadcast in waiting.order_by("pk")[:MOST_SHOWN]),
    ]
