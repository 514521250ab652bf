"""Dates of participants, such as “event”: how their names and days are written, and which names are in use."""

from __future__ import annotations

import re
from datetime import date

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.signals import date_names

LONGEST_NAME = 40
# As a message can say it: {{ participant.dates.event }}.
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
YEARS = range(2000, 2101)  # a slip of the pen is outside; and some days more or less are still a day
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


def date_name_clean(text: str) -> str:
    """The name of a date, without blanks around it. Raises ValidationError for what messages couldn't name."""
    name = text.strip()
    if not NAME.match(name):
        raise ValidationError(
            _(
                "A name has letters from a to z, digits and underscores, and no digit first, such as event_day."
            )
        )
    if len(name) > LONGEST_NAME:
        raise ValidationError(_("A name is at most {most} characters long.").format(most=LONGEST_NAME))
    return name


def day_clean(text: str) -> date:
    """The day that `text` (such as 2026-05-01) says. Raises ValidationError for what is no day, or not of these times."""
    try:
        day = date.fromisoformat(text.strip()) if DAY.match(text.strip()) else None
    except ValueError:
        day = None
    if day is None:
        raise ValidationError(_("There is no such day. Write it as year-month-day, such as 2026-05-01."))
    if day.year not in YEARS:
        words = _("The year has to be from {first} to {last}.")
        raise ValidationError(words.format(first=YEARS[0], last=YEARS[-1]))
    return day


def names_in_use(campaign: Campaign) -> list[str]:
    """The names of dates that participants of the campaign have, or that something sent in it waits for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT jsonb_object_keys(dates) FROM campaigns_participant WHERE campaign_id = %s",
            [campaign.pk],
        )
        had = {name for (name,) in cursor.fetchall()}
    return sorted(name for name in had | set(date_names(campaign)) if NAME.match(name))
