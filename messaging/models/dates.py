"""How far the dates of templates have been looked at: what tells an outage from a day on which nobody was due."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from messaging.querysets import DateWatchQuerySet

from .templates import Template


class DateWatch(models.Model):
    """The last day that a template's dates were looked at, and the days that were missed and that nobody has settled yet.

    Apart from the template, so that whoever saves that page never writes an old state of this over a newer one.
    """

    template = models.OneToOneField(
        Template, on_delete=models.CASCADE, primary_key=True, related_name="watch"
    )
    seen_until = models.DateField()
    late_since = models.DateField(null=True)  # the first day that was missed …
    late_until = models.DateField(null=True)  # … and the last
    problem = models.CharField(
        max_length=300, default="", db_default="", blank=True
    )  # why the last look came to nothing
    failed_at = models.DateTimeField(null=True)  # since when looks have come to nothing

    objects = DateWatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("watch over dates")
        verbose_name_plural = _("watches over dates")

    def __str__(self) -> str:
        return f"{self.template_id}: {self.seen_until}"
