"""Imports and the bulks they are made of."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from batchadmin.accounts.models import Program
from batches.models import BatchRequest
from campaigns.querysets import ImportBulkQuerySet, ImportQuerySet
from campaigns.states import Identifier, ImportState, MultiValues, Operation

IN_HAND = (ImportState.CHECKING, ImportState.STARTING)  # a worker has it in hand, or is waited for
KEPT = timedelta(hours=24)  # how long file, rows and errors are kept; the counts stay


def _no_counts() -> models.PositiveIntegerField[int, int]:
    return models.PositiveIntegerField(default=0, editable=False)


class Import(models.Model):
    """A set of bulks that share an `import_id`; from a file, or from the API's requests."""

    program = models.ForeignKey(
        Program, models.PROTECT, related_name="imports", db_index=False, verbose_name=_("program")
    )
    import_id = models.CharField(_("import ID"), max_length=100)
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("requester")
    )
    state = models.CharField(_("state"), max_length=10, choices=ImportState, default=ImportState.DRAFT)
    created_at = models.DateTimeField(_("requested"), default=timezone.now)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)

    file = models.FileField(_("file"), upload_to="imports/%Y/%m/%d", blank=True)  # stored under a random name
    file_name = models.CharField(_("file name"), max_length=250, blank=True)  # as the manager calls it
    source = models.JSONField(default=dict, blank=True)  # what was detected: encoding, delimiter, sheet
    mapping = models.JSONField(default=dict, blank=True)  # {column: field}
    operation = models.CharField(_("operation"), max_length=10, choices=Operation, default=Operation.UPSERT)
    identifier = models.CharField(_("identifier"), max_length=10, choices=Identifier, blank=True)
    check_result = models.JSONField(default=dict, blank=True)  # of the dry run: counts, as of when
    # While a worker has it in hand, to be checked or started: which one (its lease), and how far it is.
    worker = models.UUIDField(_("worker"), null=True, blank=True, editable=False)
    rows_seen = models.PositiveIntegerField(_("rows seen"), default=0, editable=False)
    percent_seen = models.PositiveSmallIntegerField(
        null=True, editable=False
    )  # of the file; null: can't be said
    problem = models.TextField(_("problem"), blank=True)  # why a check or a start came to nothing

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints = [models.UniqueConstraint(fields=["program", "import_id"], name="import_one_id")]
        indexes = [
            models.Index(fields=["program", "-id"], name="import_program_newest"),
            models.Index(fields=["created_at"], condition=Q(erased_at=None), name="import_to_erase"),
            models.Index(fields=["id"], condition=Q(state__in=IN_HAND), name="import_in_hand"),
        ]

    def __str__(self) -> str:
        return self.file_name or self.import_id

    @property
    def erased_from(self) -> datetime:
        """When file, rows and errors are erased, or were due to be."""
        return self.created_at + KEPT


class ImportBulk(models.Model):
    """At most 1,000 rows of an import, and what became of them."""

    batch = models.OneToOneField(
        BatchRequest, models.PROTECT, primary_key=True, related_name="import_bulk", verbose_name=_("batch")
    )
    parent = models.ForeignKey(
        Import, models.PROTECT, related_name="bulks", db_index=False, verbose_name=_("import")
    )
    number = models.PositiveIntegerField(_("number"))
    request_number = models.BigIntegerField(_("request number"), null=True, blank=True)  # the caller's own
    operation = models.CharField(_("operation"), max_length=10, choices=Operation)
    # Empty: by any of e-mail, phone and ID.
    identifier = models.CharField(_("identifier"), max_length=10, choices=Identifier, blank=True)
    multi_values_update_mode = models.CharField(
        _("list values"), max_length=10, choices=MultiValues, default=MultiValues.REPLACE
    )
    created_at = models.DateTimeField(_("requested"), default=timezone.now)
    members_created = _no_counts()
    members_updated = _no_counts()
    members_unchanged = _no_counts()
    members_rejected = _no_counts()
    errors = models.JSONField(default=list, blank=True)  # until erased: [{line, column, value, code, reason}]
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)

    objects = ImportBulkQuerySet.as_manager()

    class Meta:
        verbose_name = _("bulk")
        verbose_name_plural = _("bulks")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "number"], name="bulk_one_number"),
            models.UniqueConstraint(
                fields=["parent", "request_number"],
                condition=Q(request_number__isnull=False),
                name="bulk_one_request_number",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(erased_at=None), name="bulk_to_erase"),
        ]

    def __str__(self) -> str:
        return f"{self.parent}: {self.number}"
