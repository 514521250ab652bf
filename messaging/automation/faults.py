"""Templates that can't go out on their dates as they are: noted, shown to people, tried again with every look."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from batches.refusals import BatchRefused
from messaging.models import DateWatch, Template

WORDS = 300

log = logging.getLogger("messaging.automation")


def fault_note(template: Template, error: Exception) -> None:
    """Keep why the template can't go out, for its pages; of the same fault again, since when it has been one."""
    if isinstance(error, BatchRefused):  # known, and in plain words
        log.warning("Template %s can't go out on its date: %s", template.pk, error)
    else:
        log.error("Template %s can't go out on its date", template.pk, exc_info=error)
    if template.automated_since is None:
        return
    said = str(error) if isinstance(error, BatchRefused) else f"{type(error).__name__}: {error}"
    words = said.replace("\0", "").strip()[:WORDS]
    # No day has been looked at: those before it was switched on are cut off by whoever asks what was missed.
    before = template.automated_since.date() - timedelta(days=2)
    watch, _made = DateWatch.objects.get_or_create(template=template, defaults={"seen_until": before})
    since = watch.failed_at or timezone.now()
    DateWatch.objects.filter(pk=watch.pk).update(problem=words, failed_at=since)


def fault_clear(template: Template) -> None:
    """The template's dates could be looked at."""
    watch = getattr(template, "watch", None)
    if watch is not None and watch.problem:
        DateWatch.objects.filter(pk=watch.pk).update(problem="", failed_at=None)


def fault_sentence(watch: DateWatch) -> str:
    """“Reminder” can't go out as it is: what the program says of it."""
    words = _("“%(name)s” can't go out as it is: %(problem)s")
    return words % {"name": watch.template.name, "problem": watch.problem.rstrip(".")}
