"""What is late, in words."""

from __future__ import annotations

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from batchadmin.lib.templatetags.ui import amount
from batches.reasons import reason_of
from messaging.audience import AudienceCheck

from .late import Late

MOST_DAYS = 5  # named one by one


def late_sentence(late: Late) -> str:
    """“Reminder” was due for 12 people and didn't go out (5 on 19 Nov, 7 on 20 Nov)."""
    words = ngettext(
        "“%(name)s” was due for %(count)s person and didn't go out (%(days)s).",
        "“%(name)s” was due for %(count)s people and didn't go out (%(days)s).",
        late.people,
    )
    return words % {"name": late.template.name, "count": amount(late.people), "days": days_words(late.days)}


def days_words(days: list[tuple[date, int]]) -> str:
    """How many were due on which day; for many days, from when to when."""
    if len(days) == 1:
        return _("on %(day)s") % {"day": _day(days[0][0])}
    if len(days) <= MOST_DAYS:
        one = _("%(count)s on %(day)s")
        return ", ".join(one % {"count": amount(number), "day": _day(day)} for day, number in days)
    return _("on %(days)s days from %(first)s to %(last)s") % {
        "days": amount(len(days)),
        "first": _day(days[0][0]),
        "last": _day(days[-1][0]),
    }


def left_out_words(check: AudienceCheck) -> list[str]:
    """Who of those due would not be written to, one sentence a reason."""
    reasons = [(left.people, left.reason) for left in check.left_out]
    if check.lacking_any:
        reasons.append((check.lacking_any, "missing_variable"))
    return [
        _("Left out, %(count)s: %(why)s.") % {"count": amount(number), "why": reason_of(reason).words}
        for number, reason in reasons
    ]


def _day(day: date) -> str:
    return date_format(day, "j M Y")
