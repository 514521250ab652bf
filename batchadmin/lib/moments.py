"""Times as people read them, in the time zone that is being shown, with the exact one on hover."""

from datetime import datetime

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

TO_THE_SECOND = "j M Y, H:i:s"


def relative_time(moment: datetime) -> SafeString:
    """The time as "3 minutes ago", in HTML."""
    return _time_element(moment, naturaltime(moment))


def exact_time(moment: datetime) -> SafeString:
    """The time as "14:01:09" for today, "3 May 2026, 14:01:09" before and after, in HTML."""
    local = timezone.localtime(moment)
    is_today = local.date() == timezone.localtime().date()
    return _time_element(moment, date_format(local, "H:i:s" if is_today else TO_THE_SECOND))


def _time_element(moment: datetime, shown: str) -> SafeString:
    local = timezone.localtime(moment)
    on_hover = f"{date_format(local, TO_THE_SECOND)} {local.tzname()}"
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(), on_hover, shown)
