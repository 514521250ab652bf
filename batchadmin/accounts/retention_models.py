"""How long a program keeps what is about people."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

LONGEST = 3_650  # days


def _days(label: Any, help_text: Any) -> "models.PositiveSmallIntegerField[int | None, int | None]":
    return models.PositiveSmallIntegerField(
        label,
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST)],
        help_text=help_text,
    )


class Retention(models.Model):
    """Days after which a program's data is removed; without a number, or without a row, it is kept."""

    program = models.OneToOneField(
        "accounts.Program",
        models.CASCADE,
        primary_key=True,
        related_name="retention",
        verbose_name=_("program"),
    )
    message_days = _days(
        _("Texts of messages, days"),
        _("Subjects, texts and files that people sent. That there was a message, and when, stays."),
    )
    batch_days = _days(
        _("Details of batches, days"),
        _(
            "Addresses and providers' answers in ended batches. Who was in them, and how it ended for each, stays."
        ),
    )
    audit_days = _days(_("Audit trail, days"), _("Whole entries."))
    # All messages up to this number have been looked at.
    messages_to = models.BigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("retention")
        verbose_name_plural = _("retentions")

    def __str__(self) -> str:
        return f"{self.program_id}"
